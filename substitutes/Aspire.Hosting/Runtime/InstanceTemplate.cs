using System.Text.RegularExpressions;

namespace Aspire.Hosting.Runtime;

/// <summary>Placeholders in variables and arguments whose value differs from one instance of a resource to the next.</summary>
internal static partial class InstanceTemplate
{
    /// <summary>Stands for the part of the instance's id after the resource's name.</summary>
    public const string InstanceSuffix = "{{instance-suffix}}";

    /// <summary>Stands for the port that the instance listens on for an endpoint.</summary>
    public static string TargetPort(string endpointName) => $"{{{{target-port:{endpointName}}}}}";

    public static string Fill(string text, string instanceId, IReadOnlyDictionary<string, int> targetPorts) =>
        !text.Contains("{{", StringComparison.Ordinal)
            ? text
            : TargetPortPattern().Replace(
                text.Replace(InstanceSuffix, instanceId[(instanceId.LastIndexOf('-') + 1)..], StringComparison.Ordinal),
                match => targetPorts.TryGetValue(match.Groups["name"].Value, out var port) ? $"{port}" : match.Value);

    [GeneratedRegex(@"\{\{target-port:(?<name>[^}]+)\}\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TargetPortPattern();
}
