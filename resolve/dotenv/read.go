package dotenv

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// ReadFile reads a file or a FIFO, such as the shell's <(command) or /dev/stdin. A FIFO is read once, to its end.
// [os.DevNull], or a link to it, is an empty file: it replaces a file that is configured elsewhere.
//
// Opening a FIFO waits for its writer, and reading it for its end, until ctx ends. At most [MaxFile] bytes are read.
//
// Errors: those of os.Stat and os.Open (a missing file is fs.ErrNotExist), [ErrNotFile] for a folder, another device or
// a socket, [ErrTooLarge], and the cause of ctx.
func ReadFile(ctx context.Context, path string) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, gaveUp(ctx, path)
	}
	if data, ok := readRegular(path); ok {
		return data, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if isNull(info) {
		return []byte{}, nil
	}
	if err := checkKind(path, info.Mode()); err != nil {
		return nil, err
	}
	var data []byte
	done := make(chan struct{})
	go func() {
		defer close(done)
		data, err = read(ctx, path)
	}()
	select {
	case <-done:
		if err != nil && ctx.Err() != nil {
			return nil, gaveUp(ctx, path)
		}
		return data, err
	case <-ctx.Done():
		if info.Mode()&fs.ModeNamedPipe != 0 {
			release(path, done)
		}
		return nil, gaveUp(ctx, path)
	}
}

// read opens and reads a file. It checks the kind again, since the file may have been replaced.
func read(ctx context.Context, path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := checkKind(path, info.Mode()); err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() && info.Size() > MaxFile {
		return nil, tooLarge(path, tooLong)
	}
	// A deadline in the past ends a waiting read, if the system can poll a FIFO.
	defer context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Unix(1, 0)) })()

	// One byte more than the size, so that the end is found without growing the buffer.
	data := make([]byte, 0, min(max(info.Size(), 512), MaxFile)+1)
	for {
		n, err := f.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case len(data) > MaxFile:
			return nil, tooLarge(path, tooLong)
		case err == io.EOF:
			return data, nil
		case err != nil:
			return nil, err
		}
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
	}
}

func isNull(info fs.FileInfo) bool {
	if info.Mode()&fs.ModeDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(info, null)
}

func checkKind(path string, mode fs.FileMode) error {
	switch {
	case readable(mode):
		return nil
	case mode.IsDir():
		return fmt.Errorf("%s: %w, this is a folder", path, ErrNotFile)
	case mode&fs.ModeDevice != 0:
		return fmt.Errorf("%s: %w, this is a device", path, ErrNotFile)
	}
	return fmt.Errorf("%s: %w", path, ErrNotFile)
}

func gaveUp(ctx context.Context, path string) error {
	return fmt.Errorf("reading %s was canceled: %w", path, context.Cause(ctx))
}
