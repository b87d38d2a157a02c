using Microsoft.Extensions.Configuration;

namespace RankMyBrand.Tests.Gateway.Routing;

/// <summary>Configuration that a test changes while the service runs.</summary>
internal sealed class TestConfiguration : ConfigurationProvider, IConfigurationSource
{
    public TestConfiguration(IEnumerable<(string Key, string? Value)> settings) => Put(settings);

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    /// <summary>Changes settings at once; null takes a setting and all below it away.</summary>
    public void Change(params (string Key, string? Value)[] settings)
    {
        Put(settings);
        OnReload();
    }

    private void Put(IEnumerable<(string Key, string? Value)> settings)
    {
        // Another dictionary: readers may be under way.
        var data = new Dictionary<string, string?>(Data, StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in settings)
        {
            foreach (var gone in data.Keys.Where(other => other == key || other.StartsWith($"{key}:", StringComparison.OrdinalIgnoreCase)).ToArray())
                data.Remove(gone);
            if (value is not null)
                data[key] = value;
        }

        Data = data;
    }
}
