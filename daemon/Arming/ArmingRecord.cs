using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using System.Text.Json.Serialization;
using CacheDaemon.Daemon.Keys;

namespace CacheDaemon.Daemon.Arming;

/// <summary>What became of one helm binary, as it is written beside the copies: <c>DIGEST.json</c>.</summary>
/// <param name="Recipe"><see cref="ArmingRecipe.Version"/> of whoever made it.</param>
/// <param name="Copy">Absolute path of the armed copy; empty when there is none.</param>
/// <param name="CopyDigest">SHA-256 of the copy, in hex.</param>
/// <param name="Traps">What each exit code means, from <see cref="ArmingPlan.FirstExitCode"/> on.</param>
/// <param name="Runs">Runs of helm that the self-test took.</param>
/// <param name="Unarmed">Why there is no copy; empty when there is one.</param>
internal sealed record ArmingRecord(int Recipe, string Copy, string CopyDigest, IReadOnlyList<string> Traps, int Runs, string Unarmed)
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>Where the record of a helm binary is.</summary>
    public static string PathOf(string directory, Digest helm) => $"{directory}/{helm}.json";

    /// <summary>The record of a helm binary; null when there is none, or none of this recipe.</summary>
    public static ArmingRecord? Read(string directory, Digest helm)
    {
        try
        {
            using FileStream file = File.OpenRead(PathOf(directory, helm));
            if (file.Length > MaxBytes)
                return null;
            ArmingRecord? record = JsonSerializer.Deserialize(file, ArmingJson.Default.ArmingRecord);
            return record is { Recipe: ArmingRecipe.Version, Copy: not null, CopyDigest: not null, Traps: not null, Unarmed: not null }
                ? record
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Notes when the copy is used; a failure only means that it may be made anew one day.</summary>
    public static void Touch(string directory, Digest helm, DateTimeOffset now)
    {
        try
        {
            File.SetLastWriteTimeUtc(PathOf(directory, helm), now.UtcDateTime);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return;
        }
    }

    /// <summary>Writes it, whole or not at all.</summary>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public void Write(string directory, Digest helm)
    {
        string path = PathOf(directory, helm),
            temporary = $"{path}.{Environment.ProcessId}.new";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(this, ArmingJson.Default.ArmingRecord));
        File.Move(temporary, path, overwrite: true);
    }
}

/// <summary>The record as JSON, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(ArmingRecord))]
internal sealed partial class ArmingJson : JsonSerializerContext;
