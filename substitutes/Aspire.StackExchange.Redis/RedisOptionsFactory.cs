using Microsoft.Extensions.Options;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace Aspire.StackExchange.Redis;

/// <summary>Starts the options of a client from its connection string, so that everything else is laid over it.</summary>
internal sealed class RedisOptionsFactory(
    IEnumerable<RedisConnectionString> connectionStrings,
    IEnumerable<IConfigureOptions<ConfigurationOptions>> setups,
    IEnumerable<IPostConfigureOptions<ConfigurationOptions>> postConfigures,
    IEnumerable<IValidateOptions<ConfigurationOptions>> validations)
    : OptionsFactory<ConfigurationOptions>(setups, postConfigures, validations)
{
    private readonly RedisConnectionString[] _connectionStrings = [.. connectionStrings];

    protected override ConfigurationOptions CreateInstance(string name)
    {
        var text = _connectionStrings.LastOrDefault(entry => string.Equals(entry.Name, name, StringComparison.Ordinal))?.Text;
        var options = string.IsNullOrEmpty(text) ? base.CreateInstance(name) : ConfigurationOptions.Parse(text);
        options.Defaults = s_defaults;
        return options;
    }

    private static readonly DefaultOptionsProvider s_defaults = new PatientDefaults();

    // A service starts before its Redis is up and waits for it; a setting in the connection string still wins.
    private sealed class PatientDefaults : DefaultOptionsProvider
    {
        public override bool AbortOnConnectFail => false;
    }
}

/// <summary>The connection string of one client.</summary>
internal sealed record RedisConnectionString(string Name, string? Text);
