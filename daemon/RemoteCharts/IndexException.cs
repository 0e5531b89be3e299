using System;

namespace CacheDaemon.Daemon.RemoteCharts;

/// <summary>An index or a list of repositories is none that helm could read, or is one that we might read differently.</summary>
internal sealed class IndexException(string message) : Exception(message);
