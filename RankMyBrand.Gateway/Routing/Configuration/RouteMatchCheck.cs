using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing.Constraints;
using Microsoft.AspNetCore.Routing.Patterns;
using Yarp.ReverseProxy.Configuration;

namespace RankMyBrand.Gateway.Routing.Configuration;

/// <summary>
/// Looks at what routes match, as the framework will: it does so only when it builds its table for the next request, and after a failure
/// there it takes no further change.
/// </summary>
internal sealed partial class RouteMatchCheck(ParameterPolicyFactory policies)
{
    /// <returns>What is wrong, one sentence each.</returns>
    public IEnumerable<string> Failures(RouteConfig route)
    {
        foreach (var host in route.Match.Hosts ?? [])
        {
            if (!CanMatch(host))
                yield return $"Route '{route.RouteId}': Match:Hosts has '{host}'; behind ':' it must have a port or '*'.";
        }

        if (route.Match.Path is { } path && PathFailure(path) is { } failure)
            yield return $"Route '{route.RouteId}': Match:Path is '{path}'; {failure}";
    }

    /// <summary>
    /// Routes with the same path, order and conditions, and with a method and a host in common: the framework could not choose one and
    /// would answer each such request with 500.
    /// </summary>
    public static IEnumerable<string> Twins(IEnumerable<RouteConfig> routes) =>
        from route in routes
        group route by Signature(route) into alike
        let twins = alike.Where(route => alike.Any(other => !ReferenceEquals(other, route) && Meet(route.Match, other.Match))).ToArray()
        where twins.Length > 0
        select $"The routes {string.Join(", ", twins.Select(route => $"'{route.RouteId}'"))} match the same requests; "
            + "give each an Order of its own.";

    private static bool Meet(RouteMatch one, RouteMatch other) =>
        Meet(one.Methods ?? [], other.Methods ?? []) && Meet(one.Hosts ?? [], other.Hosts ?? []);

    // Who names none gives way to who does.
    private static bool Meet(IReadOnlyList<string> one, IReadOnlyList<string> other) =>
        one.Count == 0 ? other.Count == 0 : one.Intersect(other, StringComparer.OrdinalIgnoreCase).Any();

    private static bool CanMatch(string host) => host.Split(':') switch
    {
        [{ Length: > 0 }] or [{ Length: > 0 }, "*"] => true,
        [{ Length: > 0 }, var port] => ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out _),
        _ => false,
    };

    private string? PathFailure(string path)
    {
        try
        {
            foreach (var parameter in RoutePatternFactory.Parse(path).Parameters)
            {
                foreach (var reference in parameter.ParameterPolicies)
                {
                    // A regular expression is compiled when it is first asked for.
                    if (policies.Create(parameter, reference) is RegexRouteConstraint expression)
                        _ = expression.Constraint;
                }
            }

            return null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return string.Join(" ", RouteTableCheck.Sentences(e));
        }
    }

    private static string Signature(RouteConfig route)
    {
        var match = route.Match;
        return string.Join(
            '\n',
            ParameterName().Replace(match.Path ?? "", "{${stars}").ToUpperInvariant(),
            route.Order,
            Sorted(match.Headers?.Select(
                header => $"{header.Name} {header.Mode} {header.IsCaseSensitive} {string.Join(' ', header.Values ?? [])}")),
            Sorted(match.QueryParameters?.Select(
                query => $"{query.Name} {query.Mode} {query.IsCaseSensitive} {string.Join(' ', query.Values ?? [])}")));
    }

    private static string Sorted(IEnumerable<string>? texts) =>
        string.Join(',', (texts ?? []).Order(StringComparer.Ordinal));

    [GeneratedRegex(@"\{(?<stars>\**)[^}:=?]*", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ParameterName();
}
