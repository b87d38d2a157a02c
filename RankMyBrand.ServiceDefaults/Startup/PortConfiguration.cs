using System.Globalization;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;

namespace RankMyBrand.ServiceDefaults.Startup;

/// <summary>What the configuration says of the ports that a service listens on.</summary>
internal static class PortConfiguration
{
    private static readonly string[] s_keys = [WebHostDefaults.HttpPortsKey, WebHostDefaults.HttpsPortsKey];

    /// <summary>Refuses what is no port: the server would take it for the name of a host, and listen on port 80.</summary>
    /// <exception cref="InvalidOperationException">There is such a one, and no address that comes before it.</exception>
    public static void CheckPorts(this IConfiguration configuration)
    {
        if (!string.IsNullOrEmpty(configuration[WebHostDefaults.ServerUrlsKey]))
            return;
        foreach (var key in s_keys)
        {
            var ports = configuration[key]?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
            if (Array.Find(ports, port => !ushort.TryParse(port, CultureInfo.InvariantCulture, out _)) is not { } wrong)
                continue;
            var name = key.ToUpperInvariant();
            throw new InvalidOperationException(
                $"ASPNETCORE_{name} or {name} has '{wrong}', which is no port; it must be a number up to 65535 such as 8080, or several with "
                + "semicolons between them.");
        }
    }
}
