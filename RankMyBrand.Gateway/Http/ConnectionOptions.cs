using System.Collections.Frozen;

namespace RankMyBrand.Gateway.Http;

/// <summary>Headers that go no further than one connection, because its <c>Connection</c> header names them (RFC 9110, 7.6.1).</summary>
internal static class ConnectionOptions
{
    // What the message cannot do without on its way, and what the forwarder itself treats as one connection's.
    private static readonly FrozenSet<string> s_kept = new[]
    {
        "Connection", "Content-Length", "Host", "TE", "Transfer-Encoding", "Upgrade",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Drops what the options name.</summary>
    /// <param name="headers">The headers of the message.</param>
    /// <param name="options">The value of its <c>Connection</c> header.</param>
    public static void Apply(IHeaderDictionary headers, string options)
    {
        // All that most of those say who say anything.
        if (options.Equals("keep-alive", StringComparison.OrdinalIgnoreCase) || options.Equals("close", StringComparison.OrdinalIgnoreCase))
            return;
        foreach (var option in options.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!s_kept.Contains(option))
                headers.Remove(option);
        }
    }
}
