using Microsoft.Extensions.Hosting;

namespace RankMyBrand.Tests.Support;

/// <summary>
/// Disposes of hosts that fail before a test has them. Every host after them would listen to their instruments, and the process of the
/// tests would grow with the square of their number.
/// </summary>
internal static class HostStart
{
    /// <summary>Starts a host that has been built, or throws what keeps it from starting.</summary>
    public static async Task<THost> StartOrDisposeAsync<THost>(this THost host)
        where THost : IHost
    {
        try
        {
            await host.StartAsync(TestContext.Current.CancellationToken);
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <summary>Prepares a host that has been built, or throws what the preparation throws.</summary>
    public static THost PrepareOrDispose<THost>(this THost host, Action<THost> prepare)
        where THost : IHost
    {
        try
        {
            prepare(host);
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }
}
