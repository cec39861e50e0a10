package help

import (
	_ "embed"
	"strings"
)

// A topic is a file and a line here, twice. Texts, and not an embed.FS: that is
// 12 KiB of code that nothing else in the binary needs.
var (
	//go:embed audit.md
	audit string
	//go:embed backup.md
	backup string
	//go:embed dotenv.md
	dotenv string
	//go:embed exit-codes.md
	exitCodes string
	//go:embed kubernetes.md
	kubernetes string
	//go:embed mask.md
	mask string
	//go:embed order.md
	order string
	//go:embed references.md
	references string
	//go:embed server.md
	server string
	//go:embed signals.md
	signals string
	//go:embed sources.md
	sources string
	//go:embed squire.yaml.md
	squireYaml string
	//go:embed tokens.md
	tokens string
	//go:embed troubleshooting.md
	troubleshooting string
	//go:embed variables.md
	variables string
	//go:embed watch.md
	watch string
)

// Topics are all topics, sorted by name.
func Topics() (all []Topic) {
	for _, text := range []string{
		audit, backup, dotenv, exitCodes, kubernetes, mask, order, references, server,
		signals, sources, squireYaml, tokens, troubleshooting, variables, watch,
	} {
		title, _, _ := strings.Cut(strings.TrimPrefix(text, "# "), "\n")
		name, short, _ := strings.Cut(title, ": ")
		all = append(all, Topic{name, short, text})
	}
	return all
}
