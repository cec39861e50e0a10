package dotenv

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	for _, size := range []int64{0, 1, 511, 512, 513, 100_000, 16 << 20, MaxFile} {
		path := filepath.Join(dir, "file")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, size); err != nil {
			t.Fatal(err)
		}
		if data, err := ReadFile(t.Context(), path); err != nil || int64(len(data)) != size {
			t.Errorf("%d bytes: got %d, %v", size, len(data), err)
		}
	}
	large := filepath.Join(dir, "large")
	if err := os.WriteFile(large, []byte("A=1"), 0o600); err != nil {
		t.Fatal(err)
	}
	if data, err := ReadFile(t.Context(), large); string(data) != "A=1" {
		t.Errorf("got %q, %v", data, err)
	}
	if err := os.Truncate(large, MaxFile+1); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		large:                        ErrTooLarge,
		filepath.Join(dir, "absent"): fs.ErrNotExist,
		dir:                          ErrNotFile,
	} {
		if data, err := ReadFile(t.Context(), path); !errors.Is(err, want) || data != nil {
			t.Errorf("%s: got %d bytes, %v; want %v", path, len(data), err, want)
		}
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(os.DevNull, link); err != nil {
		link = os.DevNull // Windows, without the privilege
	}
	for _, path := range []string{os.DevNull, link} {
		if data, err := ReadFile(t.Context(), path); err != nil || len(data) != 0 {
			t.Errorf("%s: got %q, %v", path, data, err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("why")
	cancel(why)
	if _, err := ReadFile(ctx, large); !errors.Is(err, why) {
		t.Errorf("cancelled: got %v", err)
	}
}
