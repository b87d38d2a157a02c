using Microsoft.Extensions.Options;
using RankMyBrand.Foundation.Security;
using RankMyBrand.ServiceDefaults.Problems;

namespace RankMyBrand.Gateway.Http;

/// <summary>
/// Keeps /health and /metrics from the outside: they tell what the platform is made of and how it fares. Runs before the client's address
/// is taken from a proxy's headers, because only those count here who connect directly.
/// </summary>
internal sealed class OperatorsMiddleware(RequestDelegate next, IOptions<AddressesOptions> options)
{
    private static readonly string[] s_signsOfAProxy = ["X-Forwarded-For", "Forwarded", "Via", "X-Forwarded-Host"];

    private readonly NetworkList _operators = options.Value.KnownOperators;
    private readonly int? _port = options.Value.OperatorsPort;

    public Task InvokeAsync(HttpContext context)
    {
        var isPort = context.Connection.LocalPort == _port;
        var isAllowed = IsForOperators(context.Request.Path)
            ? (_port is null ? IsOperator(context) : isPort)
            : !isPort;
        return isAllowed ? next(context) : Problem.WriteAsync(context, ProblemCode.NotFound);
    }

    private static bool IsForOperators(PathString path) =>
        path.StartsWithSegments("/health", StringComparison.OrdinalIgnoreCase) || path.StartsWithSegments("/metrics", StringComparison.OrdinalIgnoreCase);

    private bool IsOperator(HttpContext context) =>
        _operators.Contains(context.Connection.RemoteIpAddress) && !Array.Exists(s_signsOfAProxy, context.Request.Headers.ContainsKey);
}
