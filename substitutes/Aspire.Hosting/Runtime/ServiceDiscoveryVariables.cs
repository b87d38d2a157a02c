using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Runtime;

/// <summary>Names of environment variables.</summary>
internal static class VariableName
{
    /// <summary>Replaces what an environment variable's name cannot hold.</summary>
    public static string Encode(string name)
    {
        var encoded = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
        return encoded.Length > 0 && char.IsAsciiDigit(encoded[0]) ? $"_{encoded}" : encoded;
    }
}

/// <summary>Writes the variables by which a service finds another one.</summary>
internal static class ServiceDiscoveryVariables
{
    public static void Add(
        EnvironmentCallbackContext context, EndpointReferenceAnnotation reference, string? alias, ReferenceEnvironmentInjectionFlags flags)
    {
        var serviceName = alias ?? reference.Resource.Name;
        var prefix = alias is null ? VariableName.Encode(serviceName).ToUpperInvariant() : VariableName.Encode(alias);
        foreach (var endpoint in reference.Resource.GetEndpoints())
        {
            if (reference.UseAllEndpoints ? endpoint.ExcludeReferenceEndpoint : !reference.EndpointNames.Contains(endpoint.EndpointName))
                continue;

            if (flags.HasFlag(ReferenceEnvironmentInjectionFlags.Endpoints))
                context.EnvironmentVariables[$"{prefix}_{VariableName.Encode(endpoint.EndpointName).ToUpperInvariant()}"] = endpoint;

            if (flags.HasFlag(ReferenceEnvironmentInjectionFlags.ServiceDiscovery))
            {
                var key = endpoint.IsHttpSchemeNamedEndpoint ? endpoint.Scheme : endpoint.EndpointName;
                var index = 0;
                while (!context.EnvironmentVariables.TryAdd($"services__{serviceName}__{key}__{index}", endpoint))
                    index++;
            }
        }
    }
}
