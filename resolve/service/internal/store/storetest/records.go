package storetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/squire-env/squire/resolve/service/internal/store"
)

// Scan gives the same keys as a sorted list, from any key, in both directions.
func testScan(k kit) {
	key := rapid.StringMatching(`[ab/\x00\xff]{1,4}`)
	k.update(k.open(), func(tx store.Tx) error {
		rapid.Check(k.T, func(rt *rapid.T) {
			bucket := "b" + rapid.StringMatching(`[a-z]{9}`).Draw(rt, "bucket")
			model := rapid.MapOf(key, rapid.StringN(1, 4, 4)).Draw(rt, "model")
			for key, v := range model {
				if err := tx.Put(bucket, key, []byte(v)); err != nil {
					rt.Fatal(err)
				}
			}
			r := store.Range{Prefix: rapid.StringMatching(`[ab/\xff]{0,2}`).Draw(rt, "prefix"), Reverse: rapid.Bool().Draw(rt, "reverse")}
			if rapid.Bool().Draw(rt, "from") {
				r.From = r.Prefix + key.Draw(rt, "from")
			}
			var want, got []string
			for _, key := range slices.Sorted(maps.Keys(model)) {
				if strings.HasPrefix(key, r.Prefix) && (r.From == "" || r.Reverse && key < r.From || !r.Reverse && key >= r.From) {
					want = append(want, key)
				}
			}
			if r.Reverse {
				slices.Reverse(want)
			}
			err := tx.Scan(bucket, r, func(key string, v []byte) (bool, error) {
				if string(v) != model[key] {
					rt.Fatalf("%q: %q", key, v)
				}
				got = append(got, key)
				return true, nil
			})
			if err != nil || !slices.Equal(got, want) {
				rt.Fatalf("%+v: got %q, want %q (%v)", r, got, want, err)
			}
		})
		return nil
	})
}

// A scan that needs several pages, of small and large records.
func testLongScan(k kit) {
	const n = 2500
	s := k.open()
	var want []string
	k.update(s, func(tx store.Tx) error {
		want = nil
		for i := range n {
			key := fmt.Sprintf("p/%04d", i)
			want = append(want, key)
			if err := tx.Put("b", key, make([]byte, 1+i%7*100)); err != nil {
				return err
			}
		}
		return errors.Join(tx.Put("b", "o", []byte{1}), tx.Put("b", "q", []byte{1}), tx.Put("a", "p/0", []byte{1}), tx.Put("c", "p/0", []byte{1}))
	})
	for _, reverse := range []bool{false, true} {
		if reverse {
			slices.Reverse(want)
		}
		for _, stop := range []int{1, 16, 17, 1168, n} {
			var got []string
			k.ok(s.View(k.ctx, func(tx store.Tx) error {
				return tx.Scan("b", store.Range{Prefix: "p/", Reverse: reverse}, func(key string, _ []byte) (bool, error) {
					got = append(got, key)
					return len(got) < stop, nil
				})
			}))
			if !slices.Equal(got, want[:stop]) {
				k.Fatalf("reverse %t, stopped after %d: %d keys", reverse, stop, len(got))
			}
		}
	}
}

// fn may use the transaction, and Scan returns its error.
func testGetInScan(k kit) {
	s := k.open()
	bad := errors.New("bad")
	err := s.Update(k.ctx, func(tx store.Tx) error {
		for i := range 40 {
			if err := errors.Join(tx.Put("heads", fmt.Sprintf("%02d", i), []byte{1}), tx.Put("tails", fmt.Sprintf("%02d", i), []byte{byte(i)})); err != nil {
				return err
			}
		}
		n := 0
		err := tx.Scan("heads", store.Range{}, func(key string, _ []byte) (bool, error) {
			v, err := tx.Get("tails", key)
			if err != nil || len(v) != 1 || int(v[0]) != n {
				return false, fmt.Errorf("%s: %v, %v", key, v, err)
			}
			n++
			return true, tx.Put("others", key, v)
		})
		if err != nil || n != 40 {
			return fmt.Errorf("%d: %w", n, err)
		}
		return tx.Scan("others", store.Range{}, func(string, []byte) (bool, error) { return true, bad })
	})
	if !errors.Is(err, bad) {
		k.Fatal(err)
	}
}

// A transaction sees its own changes, and gets copies.
func testOwnWrites(k kit) {
	s := k.open()
	k.put(s, "b", "old", "0")
	k.update(s, func(tx store.Tx) error {
		if err := tx.Put("b", "k", []byte("1")); err != nil {
			return err
		}
		got, err := tx.Get("b", "k")
		if err != nil || string(got) != "1" {
			k.Errorf("%q, %v", got, err)
		}
		got[0] = 'x'
		if err := tx.Put("b", "old", []byte("2")); err != nil {
			return err
		}
		for key, want := range map[string]string{"k": "1", "old": "2", "none": "-"} {
			if v, err := read(tx, "b", key); v != want || err != nil {
				k.Errorf("%s: %q, %v", key, v, err)
			}
		}
		if err := errors.Join(tx.Delete("b", "k"), tx.Delete("b", "none")); err != nil {
			return err
		}
		if v, err := read(tx, "b", "k"); v != "-" || err != nil {
			k.Errorf("deleted: %q, %v", v, err)
		}
		var keys []string
		err = tx.Scan("b", store.Range{}, func(key string, _ []byte) (bool, error) { keys = append(keys, key); return true, nil })
		if !slices.Equal(keys, []string{"old"}) {
			k.Errorf("%q", keys)
		}
		return errors.Join(err, tx.Put("b", "k", []byte("3")))
	})
	k.want(k.get(s, "b", "k")+k.get(s, "b", "old"), "32")
}

// Keys and values can be any bytes; a value can be empty.
func testBytes(k kit) {
	s := k.open()
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for _, v := range []string{"", "\x00", string(all), strings.Repeat("\xff\x00", 300_000)} {
		k.put(s, "b", string(all), v)
		k.want(k.get(s, "b", string(all)), v)
	}
	k.want(k.get(s, "b", string(all[:255])), "-")
	k.put(s, "b", "\x00", "nul")
	k.want(k.get(s, "b", "\x00"), "nul")
}

func testDelete(k kit) {
	stores := k.two()
	for i := range 5 {
		k.put(stores[0], "b", fmt.Sprint(i), "v")
	}
	k.update(stores[1], func(tx store.Tx) error { return errors.Join(tx.Delete("b", "1"), tx.Delete("b", "3")) })
	k.update(stores[0], func(tx store.Tx) error { return tx.Delete("b", "1") })
	got := ""
	for i := range 5 {
		got += k.get(stores[0], "b", fmt.Sprint(i))
	}
	k.want(got, "v-v-v")
}
