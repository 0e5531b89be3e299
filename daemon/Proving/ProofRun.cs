using System;
using System.IO;
using System.Threading.Tasks;
using CacheDaemon.Client;
using CacheDaemon.Daemon.Fingerprints;

namespace CacheDaemon.Daemon.Proving;

/// <summary>What a proof run gave.</summary>
/// <param name="Stdout">Digest of standard output when helm ended with exit code 0; else null.</param>
/// <param name="Detail">Why there is none, for people; never values.</param>
internal readonly record struct ProofOutcome(Digest? Stdout, string Detail);

/// <summary>
/// The prover's part of a proof: renders the private copy of a call that <see cref="ProofCopies"/> made. That the copy succeeds and
/// gives the same output proves that the original called no impure function (<c>docs/repeatability.md</c>).
/// </summary>
internal static class ProofRun
{
    /// <summary>
    /// Carries out the proof in this process's environment and working directory, which must be the caller's as far as they are still there,
    /// and removes the copy. Null when nothing was learned: the proof is no longer wanted, or helm was ended from outside.
    /// </summary>
    /// <param name="endpoint">Whose home holds the copy.</param>
    /// <param name="id">The number of the proof.</param>
    /// <param name="helm">The real helm.</param>
    public static async Task<ProofOutcome?> RunAsync(Endpoint endpoint, long id, string helm)
    {
        string directory = ProofDirectory.Of(endpoint, id);
        try
        {
            using IDisposable turn = ProofDirectory.WaitForTurn(endpoint);
            string[] call = ProofDirectory.ReadCall(directory);
            LeaveMissingDirectory(directory);
            HelmOutcome outcome = await HelmRun.RunAsync(helm, call).ConfigureAwait(false);
            if (outcome.EndedBySignal)
                return null;
            // Any failure may be our "fail" reached: standard error is not looked at, since its texts belong to charts.
            return outcome.ExitCode == 0 ? new ProofOutcome(outcome.Stdout, "") : new ProofOutcome(null, "called");
        }
        catch (ProofException e)
        {
            return new ProofOutcome(null, e.Message);
        }
        catch (IOException)
        {
            return null;
        }
        finally
        {
            ProofDirectory.Remove(endpoint, id);
        }
    }

    /// <summary>A caller may have removed the directory it worked in; helm does not start in a place that is no more.</summary>
    private static void LeaveMissingDirectory(string directory)
    {
        try
        {
            _ = Environment.CurrentDirectory;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Environment.CurrentDirectory = directory;
        }
    }
}
