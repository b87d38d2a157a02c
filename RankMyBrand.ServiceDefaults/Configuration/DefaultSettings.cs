using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;

namespace RankMyBrand.ServiceDefaults.Configuration;

/// <summary>Settings that hold where nothing else is configured.</summary>
public static class DefaultSettings
{
    /// <summary>Adds settings below all sources. What code has set before this stays.</summary>
    public static void AddBelowOthers(this IConfigurationManager configuration, IEnumerable<KeyValuePair<string, string?>> settings)
    {
        // A new source in front has all providers made anew, and those forget what was set by code.
        var before = configuration.AsEnumerable().ToList();
        configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = settings });
        foreach (var (key, value) in before.Where(setting => setting.Value is not null && configuration[setting.Key] != setting.Value))
            configuration[key] = value;
    }
}
