// What a program may be given: looked at where an owner says it, and once more where it is started.

/** Variables that make a listed program load code that nobody listed, in whatever case they are written. */
export const loadsCode =
  /^(?:LD_.*|DYLD_.*|GLIBC_TUNABLES|GCONV_PATH|NODE_OPTIONS|NODE_PATH|NODE_REPL_EXTERNAL_MODULE|BUN_OPTIONS|PYTHON(?:STARTUP|PATH|HOME|INSPECT|BREAKPOINT)|PERL5?(?:LIB|OPT|DB)|RUBY(?:OPT|LIB)|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|BASH_ENV|ENV|BASH_FUNC_.*|SHELLOPTS|PS4|PROMPT_COMMAND|IFS|GIT_SSH_COMMAND|GIT_EXTERNAL_DIFF)$/i

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
