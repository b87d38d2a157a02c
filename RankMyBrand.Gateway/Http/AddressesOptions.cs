using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Security;

namespace RankMyBrand.Gateway.Http;

/// <summary>Whom the gateway believes because of where they are; section <c>Gateway:Addresses</c>.</summary>
internal sealed class AddressesOptions
{
    public const string Section = "Gateway:Addresses";

    private static readonly string[] s_loopback = ["127.0.0.0/8", "::1"];

    /// <summary>The proxies in front, whose X-Forwarded-For and X-Forwarded-Proto are believed; none given means this machine.</summary>
    public List<string> Proxies { get; } = [];

    /// <summary>Who may ask for /health and /metrics, directly and not through a proxy; none given means this machine.</summary>
    public List<string> Operators { get; } = [];

    /// <summary>
    /// A port of the gateway's own addresses that is for operators: /health and /metrics are answered there, to everybody, and nowhere
    /// else; and nothing else is. Null to go by <see cref="Operators"/>.
    /// </summary>
    public int? OperatorsPort { get; set; }

    public NetworkList KnownProxies => new(Proxies.Count > 0 ? Proxies : s_loopback);

    public NetworkList KnownOperators => new(Operators.Count > 0 ? Operators : s_loopback);

    internal sealed class Validator : IValidateOptions<AddressesOptions>
    {
        public ValidateOptionsResult Validate(string? name, AddressesOptions options)
        {
            var failures = new List<string>();
            foreach (var (setting, networks) in new[] { (nameof(Proxies), options.Proxies), (nameof(Operators), options.Operators) })
            {
                foreach (var bad in networks.Where(network => !NetworkList.TryParse(network, out _)))
                    failures.Add($"{Section}:{setting} has '{bad}'; each must be {NetworkList.Form}.");
            }

            if (options.OperatorsPort is < 1 or > 65535)
                failures.Add($"{Section}:{nameof(OperatorsPort)} is {options.OperatorsPort}; it must be a port, from 1 to 65535.");
            return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
        }
    }
}
