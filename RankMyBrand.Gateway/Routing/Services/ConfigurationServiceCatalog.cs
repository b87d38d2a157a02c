using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using RankMyBrand.Foundation.Configuration;
using RankMyBrand.Gateway.Routing.Configuration;

namespace RankMyBrand.Gateway.Routing.Services;

/// <summary>Takes the services from the section <c>Services</c>, and takes them anew when the configuration changes.</summary>
internal sealed partial class ConfigurationServiceCatalog(
    IConfiguration configuration, ConfigurationFiles files, ServiceCheck check,
    ILogger<ConfigurationServiceCatalog> logger) : IServiceCatalog
{
    public const string Section = "Services";

    public async IAsyncEnumerable<IReadOnlyList<Service>> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var subscription = ChangeToken.OnChange(configuration.GetReloadToken, () => changes.Writer.TryWrite(true));
        yield return await ReadAsync(cancellationToken);
        await foreach (var _ in changes.Reader.ReadAllAsync(cancellationToken))
        {
            if (await TryReadAsync(cancellationToken) is { } services)
                yield return services;
        }
    }

    private async Task<IReadOnlyList<Service>?> TryReadAsync(CancellationToken cancellationToken)
    {
        if (files.AnyBroken())
            return null;
        try
        {
            return await ReadAsync(cancellationToken);
        }
        catch (OptionsValidationException e)
        {
            LogRefused(logger, string.Join(" ", e.Failures));
            return null;
        }
    }

    private async Task<List<Service>> ReadAsync(CancellationToken cancellationToken)
    {
        var failures = new List<string>();
        var services = new List<Service>();
        var sections = configuration.GetSection(Section).GetChildren();
        foreach (var section in sections.Where(section => !section.GetChildren().All(IsForDiscovery)))
        {
            if (Read(section, failures) is not { } service)
                continue;
            failures.AddRange(await check.FindFailuresAsync(service, cancellationToken));
            services.Add(service);
        }

        return failures.Count == 0 ? services : throw new OptionsValidationException(Section, typeof(ServiceSettings), failures);
    }

    // The section is also where service discovery looks for endpoints, as NAME:ENDPOINT:NUMBER. Those are no settings of ours.
    private static bool IsForDiscovery(IConfigurationSection setting) =>
        !setting.Key.Equals(nameof(ServiceSettings.Instances), StringComparison.OrdinalIgnoreCase)
        && setting.GetChildren().Any() && setting.GetChildren().All(endpoint => int.TryParse(endpoint.Key, out _));

    private static Service? Read(IConfigurationSection section, List<string> failures)
    {
        var others = section.GetChildren().Where(IsForDiscovery).Select(other => other.Path).ToArray();
        if (StrictSection.Bind<ServiceSettings>(section, failures, others) is not { } settings)
            return null;
        settings.HealthCheck.Active.Enabled ??= true;
        return new Service
        {
            Name = section.Key,
            Instances = [.. settings.Instances.Select(instance => new Uri(instance.Value ?? "", UriKind.RelativeOrAbsolute))],
            Options = settings,
            MaxRequestBodySize = settings.MaxRequestBodySize,
            Metadata = settings.Metadata,
        };
    }

    [LoggerMessage(
        EventIds.ServicesRefused, LogLevel.Error,
        "The new configuration of the services is invalid and the old one stays in force: {Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);
}
