package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

const (
	channel    = "squire"
	maxPayload = 7900 // bytes; the limit of PostgreSQL is just below 8000
	anything   = "*"  // the payload for an unknown topic
)

// payloads are JSON lists of topics. If a topic does not fit, or is "*" itself,
// the only payload is "*".
func payloads(topics []string) (all []string) {
	if slices.Contains(topics, anything) {
		return []string{anything}
	}
	var list []byte
	end := func() {
		if list != nil {
			all = append(all, string(list)+"]")
		}
		list = nil
	}
	for _, topic := range topics {
		b, err := json.Marshal(topic)
		if err != nil || len(b) > maxPayload-2 || !utf8.ValidString(topic) {
			return []string{anything}
		}
		if len(list)+1+len(b)+1 > maxPayload {
			end()
		}
		if list == nil {
			list = append(list, '[')
		} else {
			list = append(list, ',')
		}
		list = append(list, b...)
	}
	end()
	return all
}

// Listen listens to the commits of all servers, including this one, on a separate
// connection. fn is called with nil each time that it is connected, because
// anything may have changed before.
func (s *Store) Listen(fn func(topics []string)) {
	s.background.Go(func() {
		wait := backoff{}
		warned := ""
		for {
			err := s.listen(fn, func() { wait, warned = backoff{}, "" })
			if s.life.Err() != nil {
				return
			}
			if text := err.Error(); text != warned {
				s.cfg.Warn(fmt.Sprintf("not notified of changes by other servers until the connection works again: %s", text))
				warned = text
			}
			if !wait.sleep(s.life) {
				return
			}
		}
	})
}

// listen listens until the connection ends.
func (s *Store) listen(fn func([]string), begun func()) error {
	conn, err := pgx.ConnectConfig(s.life, s.pool.Config().ConnConfig)
	if err != nil {
		return s.fault(s.life, err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	if err := s.ask(conn, "listen "+channel); err != nil {
		return err
	}
	begun()
	fn(nil)
	for {
		ctx, cancel := context.WithTimeout(s.life, s.silence)
		n, err := conn.WaitForNotification(ctx)
		cancel()
		switch {
		case err == nil:
			fn(topicsOf(n.Payload))
		case s.life.Err() == nil && errors.Is(err, context.DeadlineExceeded) && !conn.IsClosed():
			if err := s.ask(conn, "select 1"); err != nil {
				return err
			}
		default:
			return s.fault(s.life, err)
		}
	}
}

func (s *Store) ask(conn *pgx.Conn, sql string) error {
	ctx, cancel := context.WithTimeout(s.life, connectTimeout)
	defer cancel()
	b := &pgx.Batch{}
	b.Queue(sql)
	return s.fault(ctx, conn.SendBatch(ctx, b).Close())
}

// topicsOf reads a payload. It returns nil, for any topic, if squire has not sent
// the payload.
func topicsOf(payload string) (topics []string) {
	if payload == anything || json.Unmarshal([]byte(payload), &topics) != nil || slices.Contains(topics, "") {
		return nil
	}
	return topics
}
