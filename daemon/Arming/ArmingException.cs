using System;

namespace CacheDaemon.Daemon.Arming;

/// <summary>A helm binary cannot be armed; the message ends a sentence that begins with "helm cannot be armed: ".</summary>
internal sealed class ArmingException : Exception
{
    public ArmingException(string message)
        : base(message) { }

    public ArmingException(string message, Exception cause)
        : base(message, cause) { }
}
