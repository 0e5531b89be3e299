using System;
using System.Collections.Generic;
using CacheDaemon.Client.Native;

namespace CacheDaemon.Client.Protocol;

/// <summary>The numbers of the messages on the wire. Append only; requests below 64, replies from 64 on.</summary>
public enum MessageKind
{
    Render = 1,
    Publish = 2,
    Abandon = 3,

    // 4 was the outcome of a proof run, before helm itself gave the proof.
    Status = 5,
    Stats = 6,
    Prune = 7,
    Stop = 8,
    Explain = 9,
    Verify = 10,
    Recall = 11,
    Forget = 12,
    Calls = 16,
    PublishDescriptor = 17,
    List = 20,
    Show = 21,
    Earlier = 22,
    Project = 23,
    Recent = 24,
    Remembered = 25,
    Coordinate = 30,
    Ran = 31,

    Result = 64,
    Lease = 65,
    Bypass = 66,
    Waiting = 67,
    Published = 68,
    Json = 69,
    Failed = 70,
    Candidates = 71,
    Candidate = 72,
    ResultDescriptor = 73,
    Turn = 80,
}

/// <summary>What the caller's environment asks of the cache; see the variables in README.md.</summary>
[Flags]
public enum RenderFlags
{
    None = 0,

    /// <summary><c>HELMCACHED_RECACHE</c>: do not serve, render and replace the entry.</summary>
    Recache = 1,

    /// <summary><c>HELMCACHED_READONLY</c>: serve hits, store nothing.</summary>
    ReadOnly = 2,

    /// <summary><c>HELMCACHED_TRACE</c>: say why it is a miss.</summary>
    WantsReason = 4,

    /// <summary>The caller takes a <see cref="Message.ResultDescriptor"/>; not the user's choice but what the shim is able to.</summary>
    TakesDescriptor = 8,

    /// <summary><c>HELMCACHED_IMPURE=freeze</c>: keep output that varies too, under keys of its own.</summary>
    Freeze = 16,

    /// <summary>
    /// The caller takes the files of <c>--output-dir</c> as an <see cref="OutputTree"/> in place of standard output, and sends them so.
    /// </summary>
    TakesTree = 32,

    /// <summary><c>HELMCACHED_COORDINATE=0</c>: helm, where it is left to run, waits for nobody.</summary>
    Uncoordinated = 256,

    /// <summary>
    /// The caller wants a stored result or none: anything else is answered by <see cref="Message.Failed"/>, and counted nowhere, since the
    /// caller goes another way then.
    /// </summary>
    HitOnly = 512,
}

/// <summary>What <see cref="Message.Show"/> asks for of an entry.</summary>
public enum ShownPart
{
    /// <summary>What is known of it: answered by <see cref="Message.Json"/>.</summary>
    Details = 0,

    /// <summary>Its standard output: answered by <see cref="Message.Result"/>, whose standard error is empty.</summary>
    Stdout = 1,

    /// <summary>Its standard error: answered by <see cref="Message.Result"/>, whose standard output is empty.</summary>
    Stderr = 2,
}

/// <summary>
/// A copy of the real helm that ends with an exit code of its own where output would vary (<c>docs/repeatability.md</c>).
/// </summary>
/// <param name="Path">Absolute path.</param>
/// <param name="Stamp">Stamp of the file that was tried: another file there is not to be run.</param>
/// <param name="FirstExitCode">Lowest exit code that only it has.</param>
/// <param name="LastExitCode">Highest one.</param>
public sealed record ArmedHelm(string Path, FileStamp Stamp, int FirstExitCode, int LastExitCode);

/// <summary>What a descriptor of the caller held.</summary>
/// <param name="Number">Its number, as in <c>/dev/fd/63</c>.</param>
/// <param name="Content">From its start to its end.</param>
public readonly record struct DescriptorContent(int Number, ReadOnlyMemory<byte> Content);

/// <summary>One message of the protocol; the whole protocol is this file. <c>docs/protocol.md</c> says it in hex.</summary>
public abstract record Message
{
    private Message() { }

    // ---- requests ----

    /// <summary>"This is my command line: what is its output?" Answered by any number of <see cref="Waiting"/>, then by
    /// <see cref="Result"/>, <see cref="Lease"/> or <see cref="Bypass"/>.</summary>
    public sealed record Render : Message
    {
        /// <summary>The arguments after argv[0], as typed.</summary>
        public required IReadOnlyList<string> Arguments { get; init; }

        /// <summary>Absolute working directory.</summary>
        public required string Directory { get; init; }

        /// <summary>Device and inode of <see cref="Directory"/>: both sides must see the same one.</summary>
        public required ulong DirectoryDevice { get; init; }

        /// <inheritdoc cref="DirectoryDevice"/>
        public required ulong DirectoryInode { get; init; }

        /// <summary>
        /// The mount through which the caller is in <see cref="Directory"/> (<c>mnt_id</c> of proc_pid_fdinfo(5)): another one may be
        /// mounted over it, or hide what lies below. 0: not known.
        /// </summary>
        public ulong DirectoryMount { get; init; }

        /// <summary>The variables that can matter to a render (docs/key.md, "Variables"), and no others.</summary>
        public required IReadOnlyDictionary<string, string> Environment { get; init; }

        /// <summary>The caller's umask.</summary>
        public int Umask { get; init; }

        /// <summary>Absolute path of the real helm that would run.</summary>
        public required string HelmPath { get; init; }

        /// <summary>Stamp of <see cref="HelmPath"/>, links followed.</summary>
        public required FileStamp HelmStamp { get; init; }

        /// <summary>All of standard input when the command line asks for it, else null.</summary>
        public ReadOnlyMemory<byte>? Stdin { get; init; }

        /// <summary>Wishes of the caller.</summary>
        public RenderFlags Flags { get; init; }

        /// <summary>
        /// All of each descriptor of the caller that the command line names as a file (<c>&lt;(…)</c>) and that it could read.
        /// </summary>
        public IReadOnlyList<DescriptorContent> Descriptors { get; init; } = [];

        /// <summary>
        /// What is wanted in place of standard output: something that was made of it (<see cref="ViewName"/>) and is kept beside it. Empty:
        /// standard output itself. Only with <see cref="RenderFlags.HitOnly"/>.
        /// </summary>
        public string View { get; init; } = "";
    }

    /// <summary>The leaseholder's result. Answered by any number of <see cref="Waiting"/>, then by <see cref="Published"/>.</summary>
    /// <param name="LeaseId">From <see cref="Lease"/>.</param>
    /// <param name="ExitCode">helm's exit code.</param>
    /// <param name="RenderMicroseconds">From start to end of the helm process.</param>
    /// <param name="Stderr">All of standard error.</param>
    /// <param name="Stdout">All of standard output.</param>
    public sealed record Publish(
        long LeaseId,
        int ExitCode,
        long RenderMicroseconds,
        ReadOnlyMemory<byte> Stderr,
        ReadOnlyMemory<byte> Stdout
    ) : Message;

    /// <summary>
    /// As <see cref="Publish"/>, where the standard output is not in the message: a memory file that holds it, and nothing else, comes
    /// along as a descriptor (SCM_RIGHTS). The receiver seals it; one that somebody may still write to is not taken.
    /// </summary>
    public sealed record PublishDescriptor(
        long LeaseId,
        int ExitCode,
        long RenderMicroseconds,
        ReadOnlyMemory<byte> Stderr,
        int StdoutLength
    ) : Message;

    /// <summary>
    /// The leaseholder gives up its lease without a result; or, with <see cref="NoLease"/>, a caller could not use the files that it was
    /// just answered with, and real helm runs. Not answered.
    /// </summary>
    public sealed record Abandon(long LeaseId, RefuseReason Reason) : Message
    {
        /// <summary>Stands for the answer before, which was no lease.</summary>
        public const long NoLease = 0;
    }

    /// <summary>Asks how the daemon is. Answered by <see cref="Json"/>.</summary>
    public sealed record Status : Message;

    /// <summary>Asks for the counters, then sets them to zero if <paramref name="Reset"/>. Answered by <see cref="Json"/>.</summary>
    public sealed record Stats(bool Reset) : Message;

    /// <summary>Deletes entries. A null criterion does not apply. Answered by <see cref="Json"/>.</summary>
    public sealed record Prune(bool All, long? OlderThanSeconds, long? MaxBytes, string? Chart, bool DryRun) : Message;

    /// <summary>Asks the daemon to finish what it does and leave. Answered by <see cref="Json"/>.</summary>
    public sealed record Stop : Message;

    /// <summary>Asks what would happen to a command line, without a render. Answered by <see cref="Json"/>.</summary>
    public sealed record Explain(Render Request) : Message;

    /// <summary>Asks which entries could be rendered again. Answered by <see cref="Candidates"/>.</summary>
    public sealed record Verify : Message;

    /// <summary>
    /// Asks for the call behind an entry. Answered by <see cref="Candidate"/>, or by <see cref="Failed"/> when its inputs have changed.
    /// </summary>
    /// <param name="Key">From <see cref="Candidates"/>.</param>
    public sealed record Recall(ReadOnlyMemory<byte> Key) : Message;

    /// <summary>Deletes an entry that real helm did not confirm, and counts that. Answered by <see cref="Json"/>.</summary>
    /// <param name="Key">From <see cref="Candidates"/>.</param>
    public sealed record Forget(ReadOnlyMemory<byte> Key) : Message;

    /// <summary>Asks for the last calls as they happened, newest first. Answered by <see cref="Json"/>.</summary>
    public sealed record Calls(int Count) : Message;

    /// <summary>Asks for all entries. Answered by <see cref="Json"/>.</summary>
    public sealed record List : Message;

    /// <summary>
    /// Asks for one entry. Answered as <paramref name="Part"/> says, or by <see cref="Failed"/> when no entry, or more than one, is meant.
    /// </summary>
    /// <param name="Key">The key in hexadecimal digits, or as many of its first ones as tell it from all others.</param>
    /// <param name="Part">What to show of it.</param>
    public sealed record Show(string Key, ShownPart Part) : Message;

    /// <summary>
    /// "I am about to run this command, which writes what others read." Answered by any number of <see cref="Waiting"/>, then by
    /// <see cref="Turn"/>, by <see cref="Result"/> of an equal call that ran meanwhile, or by <see cref="Bypass"/>.
    /// </summary>
    /// <param name="Environment">
    /// A digest of all that helm and its plugins could read of the environment: calls that differ in it are not equal.
    /// </param>
    /// <param name="IsTerminal">Whether standard output or error is a terminal: such a call is not joined, and joins none.</param>
    /// <param name="Call">The call; of standard input and of other descriptors it says nothing.</param>
    public sealed record Coordinate(ulong Environment, bool IsTerminal, Render Call) : Message;

    /// <summary>What came of a run that others wait for. Not answered.</summary>
    /// <param name="TurnId">From <see cref="Turn"/>.</param>
    /// <param name="ExitCode">helm's exit code.</param>
    /// <param name="Stderr">All of standard error.</param>
    /// <param name="Stdout">All of standard output.</param>
    public sealed record Ran(long TurnId, int ExitCode, ReadOnlyMemory<byte> Stderr, ReadOnlyMemory<byte> Stdout) : Message
    {
        /// <summary>
        /// Most bytes of both streams. Longer output is not passed on: whoever waits for it runs helm. An update of 100 repositories prints
        /// 10 KB.
        /// </summary>
        public const int MaxBytes = 1024 * 1024;
    }

    /// <summary>
    /// Asks for the result that was stored last of another call of the same release: equal command, chart's name, release and namespace,
    /// another key. Answered by <see cref="Result"/> without standard error, whose time is the age of the entry, or by
    /// <see cref="Failed"/>.
    /// </summary>
    public sealed record Earlier(Render Request) : Message;

    /// <summary>
    /// Asks for what is kept beside an output, made of it by an earlier asker: answered by <see cref="Result"/> with that as standard
    /// output, empty for nothing. Or hands it over, to be kept for as long as the output is on disk: answered by <see cref="Json"/>.
    /// </summary>
    /// <param name="Output">SHA-256 of the output.</param>
    /// <param name="Projection">What to keep; empty to ask.</param>
    /// <param name="View">What it is: see <see cref="ViewName"/>.</param>
    public sealed record Project(ReadOnlyMemory<byte> Output, ReadOnlyMemory<byte> Projection, string View) : Message;

    /// <summary>Asks for the last calls that were served or stored. Answered by <see cref="Candidates"/>, the last one first.</summary>
    /// <param name="Count">How many, at most.</param>
    public sealed record Recent(int Count) : Message;

    /// <summary>
    /// Asks for one of these calls, whatever has become of its entry and its inputs. Answered by <see cref="Candidate"/> without exit code
    /// and digests, or by <see cref="Failed"/>.
    /// </summary>
    /// <param name="Key">From <see cref="Candidates"/>.</param>
    public sealed record Remembered(ReadOnlyMemory<byte> Key) : Message;

    // ---- replies ----

    /// <summary>A hit, or the result of the render that this caller waited for.</summary>
    /// <param name="ExitCode">helm's exit code.</param>
    /// <param name="Source">Where it came from: a tier's name, or <c>coalesced</c>.</param>
    /// <param name="Microseconds">Time the daemon took.</param>
    /// <param name="Key">First 8 bytes of the key, for traces.</param>
    /// <param name="Stderr">Standard error to replay.</param>
    /// <param name="Stdout">Standard output to replay.</param>
    public sealed record Result(
        int ExitCode,
        string Source,
        long Microseconds,
        ReadOnlyMemory<byte> Key,
        ReadOnlyMemory<byte> Stderr,
        ReadOnlyMemory<byte> Stdout
    ) : Message;

    /// <summary>
    /// As <see cref="Result"/>, where the standard output is not in the message: a sealed memory file that holds it, and nothing else,
    /// comes along as a descriptor. Only to a caller that asked for it (<see cref="RenderFlags.TakesDescriptor"/>).
    /// </summary>
    public sealed record ResultDescriptor(
        int ExitCode,
        string Source,
        long Microseconds,
        ReadOnlyMemory<byte> Key,
        ReadOnlyMemory<byte> Stderr,
        int StdoutLength
    ) : Message;

    /// <summary>A miss that this caller is to render.</summary>
    /// <param name="LeaseId">To be named in <see cref="Publish"/> or <see cref="Abandon"/> on the same connection.</param>
    /// <param name="Why">Why it is a miss, if the caller wants to know; never values.</param>
    /// <param name="Key">First 8 bytes of the key, for traces.</param>
    /// <param name="Armed">The armed copy to render with, in the caller's own way in all else; null: real helm.</param>
    public sealed record Lease(long LeaseId, string Why, ReadOnlyMemory<byte> Key, ArmedHelm? Armed) : Message;

    /// <summary>The daemon declines: become real helm.</summary>
    /// <param name="Reason">Why, counted.</param>
    /// <param name="Detail">The flag, variable or file that it is about; never a value.</param>
    public sealed record Bypass(BypassReason Reason, string Detail) : Message;

    /// <summary>The answer takes longer; the daemon is still alive. Sent every <see cref="DaemonClient.HeartbeatInterval"/>.</summary>
    public sealed record Waiting : Message;

    /// <summary>What became of a published result.</summary>
    /// <param name="Refused"><see cref="RefuseReason.None"/> when it was stored.</param>
    /// <param name="Detail">The file or function that it is about; never a value.</param>
    public sealed record Published(RefuseReason Refused, string Detail) : Message;

    /// <summary>It is this caller's turn to run helm.</summary>
    /// <param name="TurnId">To be named in <see cref="Ran"/> on the same connection.</param>
    /// <param name="IsAwaited">
    /// Whether others wait for what comes of it: then it is to be told by <see cref="Ran"/>. Else the process itself becomes helm, and its
    /// end is the end of the turn.
    /// </param>
    /// <param name="WaitedMicroseconds">How long the caller has waited for it.</param>
    public sealed record Turn(long TurnId, bool IsAwaited, long WaitedMicroseconds) : Message;

    /// <summary>An administrative answer, one JSON document.</summary>
    public sealed record Json(string Text) : Message;

    /// <summary>An administrative request could not be carried out.</summary>
    public sealed record Failed(string Reason) : Message;

    /// <summary>The entries whose calls the daemon has seen since it started.</summary>
    /// <param name="Keys">32 bytes each, least recently called first.</param>
    /// <param name="Unseen">Entries on disk besides these.</param>
    public sealed record Candidates(IReadOnlyList<ReadOnlyMemory<byte>> Keys, long Unseen) : Message;

    /// <summary>An entry whose inputs are still there unchanged, and the call that it answers.</summary>
    /// <param name="Chart">Name of the chart, for people.</param>
    /// <param name="MayVary">Helm itself may answer differently: output that varies is kept on purpose.</param>
    /// <param name="ExitCode">Of the entry, as the next two.</param>
    /// <param name="StderrDigest">SHA-256 of standard error.</param>
    /// <param name="StdoutDigest">SHA-256 of standard output.</param>
    /// <param name="Request">The last call that had this key.</param>
    public sealed record Candidate(
        string Chart,
        bool MayVary,
        int ExitCode,
        ReadOnlyMemory<byte> StderrDigest,
        ReadOnlyMemory<byte> StdoutDigest,
        Render Request
    ) : Message;
}
