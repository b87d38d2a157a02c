using System.Diagnostics.CodeAnalysis;
using RankMyBrand.Tests.Substitutes.Execution;

/// <summary>The runtime calls it before Main of a process that names this assembly in DOTNET_STARTUP_HOOKS.</summary>
[SuppressMessage("Design", "MA0047:Declare types in namespaces", Justification = "The runtime looks for it in no namespace.")]
internal static class StartupHook
{
    public static void Initialize() => FakeApplicationHost.RunWhenAsked();
}
