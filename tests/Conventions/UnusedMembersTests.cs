using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Xunit;

namespace CacheDaemon.Tests.Conventions;

/// <summary>
/// Members that no production code reads are dead: only their tests keep them alive. Compilers warn of private ones alone, so this looks at
/// the compiled programs: each method, property and field must be named by an instruction outside itself.
/// </summary>
public sealed class UnusedMembersTests
{
    /// <summary>What stays although no program uses it, and why.</summary>
    private static readonly Dictionary<string, string> s_kept = new()
    {
        ["CacheDaemon.Client.DaemonClient::get_WorstHang"] = "docs/reliability.md promises it",
        ["CacheDaemon.Client.Helm.FlagTable::get_Rows"] = "each flag is held against the real helms and docs/key.md",
        ["CacheDaemon.Client.Helm.HelmCommands::get_Coordinated"] = "so are those of commands that wait for their turn",
        ["CacheDaemon.Client.Native.Libc::Pipe"] = "bench",
        ["CacheDaemon.Daemon.Coordination.LockName::get_Device"] = "compared with the others as a whole",
        ["CacheDaemon.Daemon.Coordination.LockName::get_Inode"] = "compared with the others as a whole",
        ["CacheDaemon.Daemon.Coordination.LockName::get_Rest"] = "compared with the others as a whole",
        ["CacheDaemon.Daemon.Hosting.DaemonHost::HousekeepingAsync"] = "tests wait for what was due",
        ["CacheDaemon.Daemon.Charts.ChartSnapshots::get_Count"] = "limits are shown by it",
        ["CacheDaemon.Daemon.Keys.Digest::_first"] = "an inline array has one field",
        ["CacheDaemon.Daemon.Files.StampMemo`1::get_Count"] = "limits are shown by it",
        ["CacheDaemon.Daemon.Fingerprints.RequestMemo::get_Count"] = "limits are shown by it",
        ["CacheDaemon.Daemon.Configuration.Setting::get_Example"] = "each setting is set to it",
        ["CacheDaemon.Daemon.Storage.ITier::Get"] = "TierContract holds both tiers to it",
        ["CacheDaemon.Daemon.Storage.ITier::Put"] = "TierContract holds both tiers to it",
        ["CacheDaemon.Daemon.Storage.ITier::Remove"] = "TierContract holds both tiers to it",
        ["CacheDaemon.Daemon.Storage.ITier::get_Name"] = "TierContract holds both tiers to it",
        ["CacheDaemon.Daemon.Storage.LiteDbTierOptions::In"] = "stores of tests and bench",
    };

    [Fact]
    public void Every_member_is_used_by_a_program()
    {
        using Programs programs = Programs.Load();
        IEnumerable<string> dead = programs
            .Declared.Where(member => !programs.Used.Contains(member))
            .Except(s_kept.Keys)
            .Order(StringComparer.Ordinal);
        Assert.True(!dead.Any(), "No program uses these members: delete them.\n" + string.Join('\n', dead));
    }

    [Fact]
    public void Every_exception_to_that_is_still_one()
    {
        using Programs programs = Programs.Load();
        Assert.All(
            s_kept.Keys,
            member =>
                Assert.True(
                    programs.Declared.Contains(member) && !programs.Used.Contains(member),
                    $"{member} is used or gone: take it off the list"
                )
        );
    }

    /// <summary>The programs and their libraries, as compiled for these tests.</summary>
    private sealed class Programs : IDisposable
    {
        private readonly List<ModuleDefinition> _modules = [];

        /// <summary><c>Namespace.Type::Member</c> of all that a program could name.</summary>
        public HashSet<string> Declared { get; } = [];

        /// <summary>Those that one does.</summary>
        public HashSet<string> Used { get; } = [];

        public static Programs Load()
        {
            string output = AppContext.BaseDirectory;
            string shim = output.Replace(
                $"{Path.DirectorySeparatorChar}tests{Path.DirectorySeparatorChar}bin",
                $"{Path.DirectorySeparatorChar}shim{Path.DirectorySeparatorChar}bin",
                StringComparison.Ordinal
            );
            var programs = new Programs();
            foreach (
                string file in new[]
                {
                    Path.Combine(output, "CacheDaemon.Client.dll"),
                    Path.Combine(output, "helmcached.dll"),
                    Path.Combine(output, "CacheDaemon.Client.Library.dll"),
                    Path.Combine(shim, "helm.dll"),
                }
            )
                programs._modules.Add(ModuleDefinition.ReadModule(file));
            foreach (TypeDefinition type in programs._modules.SelectMany(module => module.GetTypes()))
                programs.Read(type);
            return programs;
        }

        public void Dispose() => _modules.ForEach(module => module.Dispose());

        private void Read(TypeDefinition type)
        {
            if (!IsGenerated(type) && !IsForOthers(type) && type.BaseType?.FullName != "System.MulticastDelegate")
            {
                Declared.UnionWith(type.Methods.Where(IsCandidate).Select(NameOf));
                // What the C library reads and writes has the shape that it has.
                if (type.Namespace != "CacheDaemon.Client.Native" && type.DeclaringType?.Namespace != "CacheDaemon.Client.Native")
                    Declared.UnionWith(
                        type.Fields.Where(field => field is { IsLiteral: false, IsSpecialName: false } && !IsGenerated(field))
                            .Select(NameOf)
                    );
            }
            foreach (MethodDefinition method in type.Methods.Where(method => method.HasBody && !IsWrittenForRecords(method)))
            {
                foreach (Instruction instruction in method.Body.Instructions.Where(i => i.OpCode.Code is not (Code.Stfld or Code.Stsfld)))
                {
                    if (
                        instruction.Operand is MemberReference { DeclaringType: not null } member and not TypeReference
                        && NameOf(member) is var name
                        && name != NameOf(method)
                    )
                        Used.Add(name);
                }
            }
        }

        /// <summary>What the NuGet package offers is used by programs that are not here.</summary>
        private static bool IsForOthers(TypeDefinition type) => type is { IsPublic: true, Module.Name: "CacheDaemon.Client.Library.dll" };

        private static bool IsCandidate(MethodDefinition method) =>
            !IsGenerated(method)
            && !IsWrittenForRecords(method)
            && !IsCalledThroughAnother(method)
            && method is { IsConstructor: false, IsPInvokeImpl: false, IsSetter: false, IsRemoveOn: false }
            && !method.Name.StartsWith("op_", StringComparison.Ordinal)
            && method != method.Module.EntryPoint
            && !method.CustomAttributes.Any(attribute =>
                attribute.AttributeType.Name is "ModuleInitializerAttribute" or "UnmanagedCallersOnlyAttribute"
            );

        /// <summary>Overrides, and what an interface asks for.</summary>
        private static bool IsCalledThroughAnother(MethodDefinition method) =>
            method.HasOverrides || (method.IsVirtual && (method.IsReuseSlot || method is { IsFinal: true, IsNewSlot: true }));

        /// <summary>What the compiler writes for each record reads all of its members, and says nothing.</summary>
        private static bool IsWrittenForRecords(MethodDefinition method) =>
            method.Name is "PrintMembers" or "Deconstruct" or "<Clone>$" or "get_EqualityContract"
            || (IsGenerated(method) && method.Name is "Equals" or "GetHashCode" or "ToString");

        /// <summary>Written by the compiler or a generator; getters are marked so, too, and are ours.</summary>
        private static bool IsGenerated(IMemberDefinition member) =>
            member is not MethodDefinition { IsGetter: true }
            && (
                member.Name.StartsWith('<')
                || member.CustomAttributes.Any(attribute =>
                    attribute.AttributeType.Name is nameof(CompilerGeneratedAttribute) or "GeneratedCodeAttribute"
                )
                || (member is TypeDefinition { DeclaringType: { } outer } && IsGenerated(outer))
            );

        private static string NameOf(MemberReference member) => $"{member.DeclaringType.GetElementType().FullName}::{member.Name}";
    }
}
