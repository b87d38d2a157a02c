using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Runtime;

/// <summary>The user secrets that runs of this application generate, so that a reset can remove exactly these.</summary>
internal sealed class GeneratedKeys
{
    private readonly HashSet<string> _keys = new(StringComparer.OrdinalIgnoreCase);

    public IReadOnlyCollection<string> Keys => _keys;

    public static GeneratedKeys Of(IServiceCollection services)
    {
        if (services.FirstOrDefault(s => s.ServiceType == typeof(GeneratedKeys))?.ImplementationInstance is GeneratedKeys existing)
            return existing;

        var keys = new GeneratedKeys();
        services.AddSingleton(keys);
        return keys;
    }

    public void Add(string key) => _keys.Add(key);
}
