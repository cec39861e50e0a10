package help

import _ "embed"

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
func Topics() []Topic {
	return []Topic{
		topic("audit", audit),
		topic("backup", backup),
		topic("dotenv", dotenv),
		topic("exit-codes", exitCodes),
		topic("kubernetes", kubernetes),
		topic("mask", mask),
		topic("order", order),
		topic("references", references),
		topic("server", server),
		topic("sources", sources),
		topic("squire.yaml", squireYaml),
		topic("tokens", tokens),
		topic("troubleshooting", troubleshooting),
		topic("variables", variables),
		topic("watch", watch),
	}
}
