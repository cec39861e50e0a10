package squire

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/atomicfile"
)

// cacheKeySize is the size of the cache key in bytes. The key is not derived from
// the token: then a stolen token would open the cache, and a new token would not.
const cacheKeySize = 32

const makeCacheKey = "(umask 077; head -c32 /dev/urandom | base64 > cache.key); export SQUIRE_CACHE_KEY_FILE=$PWD/cache.key"

// cacheKey returns the configured key. No error contains it.
func cacheKey(s Settings) ([]byte, error) {
	text, from := s.CacheKey.Reveal(), "SQUIRE_CACHE_KEY"
	if s.CacheKeyFile != "" {
		var err error
		from = s.CacheKeyFile
		if text, err = readCacheKey(s.CacheKeyFile); err != nil {
			return nil, err
		}
	}
	if text == "" {
		return nil, resolve.WithHint(fmt.Errorf("%w: --cache needs a key to seal what it stores", resolve.ErrInvalid), "%s", makeCacheKey)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != cacheKeySize {
		return nil, resolve.WithHint(fmt.Errorf("%w cache key in %s: want base64 of %d bytes", resolve.ErrInvalid, from, cacheKeySize), "%s", makeCacheKey)
	}
	return key, nil
}

func readCacheKey(path string) (string, error) {
	info, err := os.Stat(path) // before it is opened: opening a FIFO would block
	switch {
	case err != nil:
		return "", resolve.WithHint(fmt.Errorf("%w cache key: %w", resolve.ErrInvalid, err), "%s", makeCacheKey)
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%w cache key: %s is not a regular file", resolve.ErrInvalid, path)
	}
	if err := atomicfile.CheckFile(path, info); err != nil {
		return "", fmt.Errorf("%w cache key: %w", resolve.ErrInvalid, err)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("%w cache key: %w", resolve.ErrInvalid, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 1024))
	if err == nil && len(b) == 0 {
		err = errors.New(path + " is empty")
	}
	if err != nil {
		return "", fmt.Errorf("%w cache key: %w", resolve.ErrInvalid, err)
	}
	return string(b), nil
}
