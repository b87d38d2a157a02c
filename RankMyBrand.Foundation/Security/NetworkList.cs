using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace RankMyBrand.Foundation.Security;

/// <summary>Address ranges in CIDR notation, such as <c>10.0.0.0/8</c>, <c>2001:db8::/32</c> or a single address.</summary>
public sealed class NetworkList
{
    /// <summary>What a range looks like, for a message that names one that is none: each must be …</summary>
    public const string Form =
        "an address range such as 10.0.0.0/8 or 2001:db8::/32, whose bits behind the prefix are zero, with IPv4 written as IPv4";

    // Neither a port nor the scope of an address, which would say less or more than a range does.
    private static readonly SearchValues<char> s_ofAddresses = SearchValues.Create("0123456789abcdefABCDEF:.");

    private readonly IPNetwork[] _networks;

    /// <summary>Takes ranges as text.</summary>
    /// <exception cref="FormatException">One is not a range.</exception>
    public NetworkList(IEnumerable<string> networks) =>
        _networks = [.. networks.Select(text => TryParse(text, out var network)
            ? network
            : throw new FormatException($"'{text}' is not an address range such as 10.0.0.0/8."))];

    /// <summary>Whether there are no ranges.</summary>
    public bool IsEmpty => _networks.Length == 0;

    /// <summary>The ranges.</summary>
    public IReadOnlyList<IPNetwork> Networks => _networks;

    /// <summary>Reads one range. The bits behind the prefix must be zero, so that a slip of the pen does not open a wider range.</summary>
    public static bool TryParse(string text, out IPNetwork network)
    {
        network = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!TryParseAddress(slash < 0 ? text : text[..slash], out var address))
            return false;
        if (slash < 0)
            network = new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
        return slash < 0 || (IPNetwork.TryParse(text, out network) && network.BaseAddress.Equals(address));
    }

    /// <summary>Whether an address lies in one of the ranges. An IPv4 address in IPv6 clothes counts as IPv4.</summary>
    public bool Contains(IPAddress? address)
    {
        if (address is null)
            return false;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        foreach (var network in _networks)
        {
            if (network.Contains(address))
                return true;
        }

        return false;
    }

    // Not the short forms of old: '10' would be 0.0.0.10, and '010.0.0.1' octal. Nor IPv4 in IPv6 clothes: addresses are looked up without.
    private static bool TryParseAddress(string text, [NotNullWhen(true)] out IPAddress? address) =>
        IPAddress.TryParse(text, out address)
        && !text.AsSpan().ContainsAnyExcept(s_ofAddresses)
        && (address.AddressFamily == AddressFamily.InterNetworkV6
            ? !address.IsIPv4MappedToIPv6
            : address.ToString().Equals(text, StringComparison.Ordinal));
}
