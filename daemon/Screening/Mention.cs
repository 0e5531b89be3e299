namespace CacheDaemon.Daemon.Screening;

/// <summary>The first place in a file where a function's name stands.</summary>
/// <param name="Function">The name, as written.</param>
/// <param name="Class">Why it matters.</param>
/// <param name="Line">1 is the first line.</param>
internal readonly record struct Mention(string Function, FunctionClass Class, int Line);
