using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Runtime;

/// <summary>Lets a test stand between an application host's entry point and the application it builds.</summary>
internal sealed class BuilderInterception
{
    private static readonly AsyncLocal<BuilderInterception?> s_currentInterception = new();

    /// <summary>The interception that the running code builds under, or null for a real run.</summary>
    public static BuilderInterception? Current
    {
        get => s_currentInterception.Value;
        set => s_currentInterception.Value = value;
    }

    public Action<DistributedApplicationOptions, HostApplicationBuilderSettings> Constructing { get; init; } = static (_, _) => { };

    public Action<DistributedApplicationBuilder> Constructed { get; init; } = static _ => { };

    /// <summary>Called when the entry point builds; may block until the test lets it go on.</summary>
    public Action<DistributedApplicationBuilder> Building { get; init; } = static _ => { };

    public Action<DistributedApplication> Built { get; init; } = static _ => { };
}
