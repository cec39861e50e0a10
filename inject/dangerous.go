package inject

import "strings"

// Dangerous says why a remote source may not set a name: "" if it may.
//
// A user who can write a secret should be able to give a program its password,
// not its code. So these are refused: names that make a loader, a shell or an
// interpreter load or run something, or take its configuration from elsewhere;
// names that hold a command which others run; names that send traffic to
// another host or write its keys to a file. The list joins those of sudo
// (env_delete), glibc (unsecvars) and of several process runners.
//
// It cannot be complete, since any program may read any name; it is a second
// lock, not the first. Left out on purpose: trust anchors (SSL_CERT_FILE),
// package indexes (PIP_INDEX_URL) and client settings (KUBECONFIG), which are
// stored for good reasons, and harmless switches (PYTHONUNBUFFERED).
//
// A switch, because the compiler makes a binary search of it and nothing is
// built at start-up.
func Dangerous(name string) string {
	name = foldCase(name)
	switch name {
	// Where commands, and what they load at start, are found.
	case "PATH", "PATHEXT", "COMSPEC", "SYSTEMROOT", "WINDIR", "PSMODULEPATH",
		"SHELL", "HOME", "USERPROFILE", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_DATA_DIRS":
		return "it decides which programs and start-up files are found"

	// Loaders of other systems (AIX, HP-UX, macOS): LD_* and DYLD_* are below.
	case "LIBPATH", "SHLIB_PATH", "GTK_MODULES", "GTK_PATH", "GIO_EXTRA_MODULES", "GIO_MODULE_DIR",
		"QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH", "GST_PLUGIN_PATH":
		return "it makes programs load libraries"

	// The C library: charset modules, message catalogues, tunables, resolver.
	case "GCONV_PATH", "GETCONF_DIR", "GLIBC_TUNABLES", "LOCPATH", "PATH_LOCALE", "NLSPATH", "NIS_PATH", "MALLOC_TRACE",
		"HOSTALIASES", "LOCALDOMAIN", "RESOLV_HOST_CONF", "RES_OPTIONS", "TERMCAP", "TERMINFO", "TERMINFO_DIRS", "TERMPATH", "KRB5_CONFIG":
		return "it steers the C library"

	// Shells: files that are sourced, text that is evaluated, how words split.
	case "BASH_ENV", "ENV", "IFS", "SHELLOPTS", "BASHOPTS", "BASH_XTRACEFD", "PS4", "PROMPT_COMMAND", "CDPATH", "GLOBIGNORE",
		"INPUTRC", "ZDOTDIR", "FPATH", "NULLCMD", "READNULLCMD", "TMPPREFIX", "KSH_ENV":
		return "it steers shells"

	// Commands that other programs run.
	case "EDITOR", "VISUAL", "PAGER", "MANPAGER", "BROWSER", "LESSOPEN", "LESSCLOSE", "SSH_ASKPASS", "SUDO_ASKPASS", "SUDO_EDITOR",
		"VIMINIT", "GVIMINIT", "EXINIT", "MAKEFLAGS", "MAKEFILES", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "GOFLAGS":
		return "it makes programs run a command"

	case "GIT_SSH", "GIT_SSH_COMMAND", "GIT_EXEC_PATH", "GIT_CONFIG", "GIT_ASKPASS", "GIT_PROXY_COMMAND", "GIT_EDITOR",
		"GIT_SEQUENCE_EDITOR", "GIT_PAGER", "GIT_EXTERNAL_DIFF", "GIT_TEMPLATE_DIR":
		return "it makes git run a command"

	// Interpreters: options, start-up files, where modules are loaded from.
	case "PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "PYTHONINSPECT", "PYTHONUSERBASE", "PYTHONEXECUTABLE", "PYTHONBREAKPOINT",
		"PYTHONWARNINGS", "PYTHONPLATLIBDIR", "PYTHONPYCACHEPREFIX", "PYTHON_PRESITE",
		"PERL5OPT", "PERL5LIB", "PERL5DB", "PERL5DBCMD", "PERL5SHELL", "PERLLIB", "PERLIO_DEBUG", "PERL_MB_OPT", "PERL_MM_OPT",
		"RUBYOPT", "RUBYLIB", "RUBYPATH", "RUBYSHELL", "GEM_HOME", "GEM_PATH", "BUNDLE_GEMFILE", "BUNDLE_PATH",
		"NODE_OPTIONS", "NODE_PATH", "NODE_REPL_EXTERNAL_MODULE",
		"PHPRC", "PHP_INI_SCAN_DIR",
		"R_PROFILE", "R_PROFILE_USER", "R_ENVIRON", "R_ENVIRON_USER", "R_LIBS", "R_LIBS_USER", "R_LIBS_SITE", "R_HOME",
		"ERL_FLAGS", "ERL_AFLAGS", "ERL_ZFLAGS", "ERL_LIBS", "ELIXIR_ERL_OPTIONS",
		"JULIA_LOAD_PATH", "JULIA_DEPOT_PATH", "GUILE_LOAD_PATH", "GUILE_LOAD_COMPILED_PATH", "TCLLIBPATH", "AWKPATH", "AWKLIBPATH":
		return "it steers an interpreter"

	// Java machines: -javaagent and -Xbootclasspath come in by these.
	case "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_OPTS", "CATALINA_OPTS", "MAVEN_OPTS", "GRADLE_OPTS", "SBT_OPTS",
		"JAVA_HOME", "CLASSPATH":
		return "it steers the Java machine"

	// .NET: assemblies that are loaded before the program's own.
	case "DOTNET_STARTUP_HOOKS", "DOTNET_ADDITIONAL_DEPS", "DOTNET_SHARED_STORE", "DOTNET_ROOT", "ASPNETCORE_HOSTINGSTARTUPASSEMBLIES":
		return "it steers the .NET runtime"

	// TLS: engines and providers are libraries; the key log undoes TLS.
	case "OPENSSL_CONF", "OPENSSL_CONF_INCLUDE", "OPENSSL_MODULES", "OPENSSL_ENGINES", "SSLKEYLOGFILE":
		return "it steers TLS"
	}
	return dangerousFamily(name)
}

// dangerousFamily knows the names that come as a prefix or suffix.
func dangerousFamily(name string) string {
	if name == "" {
		return ""
	}
	switch name[0] {
	case 'B':
		if strings.HasPrefix(name, "BASH_FUNC_") { // exported functions, run in place of commands
			return "it steers shells"
		}
	case 'C', 'c':
		// Profilers are libraries; COMPlus_ is the old spelling of DOTNET_.
		if strings.HasPrefix(name, "CORECLR_") || strings.HasPrefix(name, "COR_") || strings.HasPrefix(strings.ToUpper(name), "COMPLUS_") {
			return "it steers the .NET runtime"
		}
	case 'D':
		if strings.HasPrefix(name, "DYLD_") {
			return "it steers the dynamic loader"
		}
	case 'G':
		if strings.HasPrefix(name, "GIT_CONFIG_") { // any setting, and settings hold commands
			return "it makes git run a command"
		}
	case 'L':
		if strings.HasPrefix(name, "LD_") || strings.HasPrefix(name, "LDR_") {
			return "it steers the dynamic loader"
		}
		if strings.HasPrefix(name, "LUA_INIT") || strings.HasPrefix(name, "LUA_PATH") || strings.HasPrefix(name, "LUA_CPATH") {
			return "it steers an interpreter"
		}
	case 'N', 'n':
		// npm reads its settings in either case; these two reach a shell or node.
		switch strings.ToUpper(name) {
		case "NPM_CONFIG_NODE_OPTIONS", "NPM_CONFIG_SCRIPT_SHELL":
			return "it steers an interpreter"
		}
	case 'S':
		// Squire's settings: a secret may not say how the next squire behaves.
		if strings.HasPrefix(name, "SQUIRE_") || strings.HasPrefix(name, "SQUIRED_") {
			return "it steers squire"
		}
	case '_':
		if strings.HasPrefix(name, "_RLD") { // IRIX, Tru64
			return "it steers the dynamic loader"
		}
	}
	const proxy = "_PROXY" // http_proxy is read in either case
	if n := len(name) - len(proxy); n >= 0 && strings.EqualFold(name[n:], proxy) {
		return "it sends traffic through another host"
	}
	return ""
}
