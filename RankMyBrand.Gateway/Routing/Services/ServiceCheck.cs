using System.Text.RegularExpressions;
using RankMyBrand.Gateway.Routing.Configuration;
using RankMyBrand.Gateway.Routing.Forwarding;
using RankMyBrand.Gateway.Routing.Upstreams;
using Yarp.ReverseProxy.Configuration;

namespace RankMyBrand.Gateway.Routing.Services;

/// <summary>Says what is wrong with a service, whoever has told of it.</summary>
internal sealed partial class ServiceCheck(RouteTableCheck routes)
{
    /// <returns>One sentence each.</returns>
    public async Task<IReadOnlyList<string>> FindFailuresAsync(Service service, CancellationToken cancellationToken)
    {
        var failures = new List<string>();
        var path = $"{ConfigurationServiceCatalog.Section}:{service.Name}";
        if (!Name().IsMatch(service.Name))
        {
            failures.Add(
                $"{path} is no name for a service; it must be of 1 to 63 letters, digits and hyphens, and begin and end with "
                + "none of the latter.");
        }

        foreach (var instance in service.Instances.Where(instance => !IsAddress(instance)))
            failures.Add($"{path}:Instances has '{instance}'; it must be a URL such as http://host:8080.");
        if (service.Instances.Where(IsAddress).GroupBy(ServiceRoutes.IdOf).FirstOrDefault(group => group.Count() > 1) is { } twice)
            failures.Add($"{path}:Instances has '{twice.Key}' more than once.");
        if (service.MaxRequestBodySize is < -1)
            failures.Add($"{path}:MaxRequestBodySize is '{service.MaxRequestBodySize}'; it must be a number of bytes, or -1 for no limit.");
        new UpstreamOptionsCheck(path, failures).Check(service.Options);
        RoutePolicy.Prepare(new RouteConfig { Metadata = service.Metadata }, path, failures);
        if (failures.Count == 0)
            failures.AddRange(await routes.FindFailuresAsync(ServiceRoutes.Build([service]), cancellationToken));
        return failures;
    }

    private static bool IsAddress(Uri instance) => instance.IsAbsoluteUri
        && (instance.Scheme == Uri.UriSchemeHttp || instance.Scheme == Uri.UriSchemeHttps)
        && instance is { Host.Length: > 0, UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0 };

    [GeneratedRegex("^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$", RegexOptions.ExplicitCapture, 100)]
    private static partial Regex Name();
}
