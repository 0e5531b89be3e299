using System;
using System.Collections.Generic;
using System.Linq;
using CacheDaemon.Client.Protocol;
using FsCheck;
using FsCheck.Fluent;

namespace CacheDaemon.Tests.Protocol;

/// <summary>What FsCheck fills messages of every kind with, besides what it knows; no null where a field has none.</summary>
public static class MessageGenerators
{
    public static Arbitrary<string> Text(Arbitrary<char[]> any) => any.Convert(text => new string(text), text => text.ToCharArray());

    public static Arbitrary<ReadOnlyMemory<byte>> Bytes(Arbitrary<byte[]> any) =>
        any.Convert(bytes => (ReadOnlyMemory<byte>)bytes, bytes => bytes.ToArray());

    public static Arbitrary<IReadOnlyList<T>> List<T>(Arbitrary<T[]> any) =>
        any.Convert(list => (IReadOnlyList<T>)list, list => list.ToArray());

    public static Arbitrary<IReadOnlyDictionary<string, string>> Variables(Arbitrary<Dictionary<string, string>> any) =>
        any.Convert(map => (IReadOnlyDictionary<string, string>)map, map => new Dictionary<string, string>(map));

    public static Arbitrary<Message> Messages(IArbMap types) =>
        Gen.OneOf(typeof(Message).GetNestedTypes().Select(kind => types.ArbFor(kind).Generator.Select(message => (Message)message)))
            .ToArbitrary();
}
