using System.Runtime.CompilerServices;

namespace RankMyBrand.Tests.Support;

/// <summary>What holds for the whole process of the tests.</summary>
internal static class TestProcess
{
    // A host that watches its settings has a thread for it, which keeps the test that has started it, and so the host. Tests of changed
    // files watch their own.
    [ModuleInitializer]
    public static void WatchNoSettings() => Environment.SetEnvironmentVariable("DOTNET_hostBuilder__reloadConfigOnChange", "false");
}
