using System.Globalization;

namespace RankMyBrand.Benchmarks.Gateway.Programs;

/// <summary>
/// What this program can be besides a benchmark: the servers that the gateway's benchmarks start as processes of their own.
/// </summary>
internal static class ChildPrograms
{
    /// <summary>Runs one to its end; false when the command line asks for none of them.</summary>
    public static async Task<bool> TryRunAsync(string[] args)
    {
        switch (args)
        {
            case [TinyBackend.Verb, var port]:
                await TinyBackend.RunAsync(int.Parse(port, CultureInfo.InvariantCulture));
                return true;
            case [BareYarp.Verb, var port, var backend]:
                await BareYarp.RunAsync(int.Parse(port, CultureInfo.InvariantCulture), new Uri(backend));
                return true;
            default:
                return false;
        }
    }
}
