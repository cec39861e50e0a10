//go:build !unix

package dotenv

func readRegular(string) ([]byte, bool) { return nil, false }
