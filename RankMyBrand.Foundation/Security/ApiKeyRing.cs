using System.Collections.Frozen;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace RankMyBrand.Foundation.Security;

/// <summary>
/// Finds the owner of an API key. Only SHA-256 hashes are kept; keys are long and random, so a slow password hash would add nothing
/// but load. The lookup goes by the hash, which nobody can steer, so its time tells nothing about a key. A changed configuration replaces
/// all keys at once; one that is invalid or cannot be read is told about and not taken.
/// </summary>
public sealed partial class ApiKeyRing : IDisposable
{
    /// <summary>The longest key that is looked at, in characters.</summary>
    public const int MaxLength = 512;

    private readonly IOptionsFactory<ApiKeysOptions> _factory;
    private readonly ILogger _logger;
    private readonly IDisposable _subscription;
    private FrozenDictionary<TokenDigest, ApiKeyIdentity> _keys;

    /// <summary>Takes the configured keys.</summary>
    /// <exception cref="OptionsValidationException">They are not valid.</exception>
    public ApiKeyRing(IOptionsFactory<ApiKeysOptions> factory, IConfiguration configuration, ILogger<ApiKeyRing> logger)
    {
        (_factory, _logger) = (factory, logger);
        _keys = Read();
        // Not through an options monitor: that throws at whoever has reloaded the configuration.
        _subscription = ChangeToken.OnChange(configuration.GetSection(ApiKeysOptions.Section).GetReloadToken, Reload);
    }

    /// <summary>Stands for the keys that are in force: what was found while it was another object must be looked for anew.</summary>
    public object Generation => Volatile.Read(ref _keys);

    /// <summary>
    /// The owner of a key, or null. Whether the key has expired or is used from the right place is for the caller to look at.
    /// </summary>
    public ApiKeyIdentity? Find(ReadOnlySpan<char> key)
    {
        if (key.IsEmpty || key.Length > MaxLength)
            return null;
        Span<byte> text = stackalloc byte[MaxLength * 3];
        return Volatile.Read(ref _keys).GetValueOrDefault(TokenDigest.Of(text[..Encoding.UTF8.GetBytes(key, text)]));
    }

    /// <summary>
    /// The owner of a key that was found before, by the keys that are in force now; null when it is not among them. What is for the caller
    /// of <see cref="Find"/> to look at is so here.
    /// </summary>
    public ApiKeyIdentity? Renew(ApiKeyIdentity known) => Volatile.Read(ref _keys).GetValueOrDefault(known.Digest);

    /// <summary>Stays with the keys that it has.</summary>
    public void Dispose() => _subscription.Dispose();

    internal static TokenDigest DigestOf(ApiKeyOptions key) =>
        key.Sha256 is { Length: > 0 } hash
            ? TokenDigest.FromHash(Convert.FromHexString(hash))
            : TokenDigest.Of(Encoding.UTF8.GetBytes(key.Key!));

    private FrozenDictionary<TokenDigest, ApiKeyIdentity> Read() => _factory.Create(Options.DefaultName).ApiKeys
        .Select(static key => new ApiKeyIdentity(key.Key, DigestOf(key.Value), key.Value)).ToFrozenDictionary(static key => key.Digest);

    private void Reload()
    {
        try
        {
            var keys = Read();
            Volatile.Write(ref _keys, keys);
            LogReloaded(_logger, keys.Count);
        }
        // Whatever it is: without a word in the log, nobody would know that a revoked key is still good.
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            var faults = (e as OptionsValidationException)?.Failures ?? [$"{e.GetType().Name}: {e.Message}"];
            LogRefused(_logger, string.Join(" ", faults));
        }
    }

    [LoggerMessage(520, LogLevel.Information, "API keys were configured anew: {Count} keys")]
    private static partial void LogReloaded(ILogger logger, int count);

    [LoggerMessage(521, LogLevel.Error, "The new configuration of the API keys is invalid and the old keys stay in force: {Reason}")]
    private static partial void LogRefused(ILogger logger, string reason);
}
