// What a program may be given: looked at where an owner says it, and once more where it is started.

/** Variables that make a listed program load code that nobody listed, or run a program that nobody did. */
const loaders = [
  ...['LD_.*', 'DYLD_.*', 'GLIBC_TUNABLES', 'GCONV_PATH', 'OPENSSL_(?:CONF|ENGINES|MODULES)'],
  ...['NODE_OPTIONS', 'NODE_PATH', 'NODE_REPL_EXTERNAL_MODULE', 'NODE_COMPILE_CACHE'],
  ...['BUN_OPTIONS', 'BUN_INSPECT_PRELOAD'],
  'PYTHON(?:STARTUP|PATH|HOME|INSPECT|BREAKPOINT|USERBASE|PYCACHEPREFIX|EXECUTABLE|PLATLIBDIR|WARNINGS)',
  ...['PERL5?(?:LIB|OPT|DB)', 'RUBY(?:OPT|LIB|SHELL)', 'GEM_(?:HOME|PATH)', 'BUNDLE_GEMFILE'],
  ...['JAVA_TOOL_OPTIONS', '_JAVA_OPTIONS', 'JDK_JAVA_OPTIONS', 'CLASSPATH'],
  ...['DOTNET_(?:STARTUP_HOOKS|ADDITIONAL_DEPS|SHARED_STORE)', 'CORECLR_.*', 'COR_.*'],
  ...['LUA_(?:INIT|PATH|CPATH).*', 'PHPRC', 'PHP_INI_SCAN_DIR', 'ERL_.*FLAGS'],
  ...['BASH_ENV', 'ENV', 'BASH_FUNC_.*', 'SHELLOPTS', 'PS4', 'PROMPT_COMMAND', 'IFS'],
  'GIT_(?:SSH|SSH_COMMAND|EXTERNAL_DIFF|CONFIG.*|EXEC_PATH|ASKPASS|PROXY_COMMAND|PAGER|EDITOR|TEMPLATE_DIR)',
  'SSH_ASKPASS',
]

/** Is the name of a variable one of those, in whatever case it is written? */
export const loadsCode = new RegExp(`^(?:${loaders.join('|')})$`, 'i')

/** Is this a PATH without a place in it that changes with whoever looks: relative ones, and none? */
export const isFixedPath = (path: string): boolean =>
  path.split(':').every((directory) => /^\/(?!(?:proc|dev)(?:\/|$))/.test(directory))

export const variablesMax = 100
/** Of names and values together, once their references are put in. */
export const environmentBytesMax = 64 * 1024
export const argumentsMax = 200
/** Of all of them together. */
export const argumentBytesMax = 64 * 1024

/** Bytes of the names and values of an environment. */
export const environmentBytes = (env: Readonly<Record<string, string>>): number =>
  Object.entries(env).reduce(
    (sum, [name, value]) => sum + name.length + Buffer.byteLength(value),
    0,
  )

/** Bytes of arguments, each with its end. */
export const argumentBytes = (args: readonly string[]): number =>
  args.reduce((sum, argument) => sum + Buffer.byteLength(argument) + 1, 0)
