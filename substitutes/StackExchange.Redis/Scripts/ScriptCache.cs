using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace StackExchange.Redis;

/// <summary>The hashes of scripts, and which of them the server is believed to know.</summary>
internal sealed class ScriptCache
{
    // Scripts are meant to be few and constant; a program that composes them must not fill the memory.
    private const int Capacity = 2048;
    private readonly ConcurrentDictionary<string, string> _hashes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _known = new(StringComparer.Ordinal);

    public static bool IsHash(string script) => script.Length == 40 && script.All(char.IsAsciiHexDigit);

    public static string Hex(byte[] hash)
    {
        ArgumentNullException.ThrowIfNull(hash);
        return hash.Length == 20 ? Convert.ToHexStringLower(hash) : throw new ArgumentOutOfRangeException(nameof(hash), $"A script's hash has 20 bytes, not {hash.Length}.");
    }

    public string HashOf(string script)
    {
        if (_hashes.TryGetValue(script, out var hash)) return hash;
        if (_hashes.Count >= Capacity) _hashes.Clear();
        return _hashes[script] = Compute(script);
    }

    public bool IsKnown(string hash) => _known.ContainsKey(hash);

    public void Learn(string hash)
    {
        if (_known.ContainsKey(hash)) return;
        if (_known.Count >= Capacity) _known.Clear();
        _known[hash] = 0;
    }

    public void Forget() => _known.Clear();

    [SuppressMessage("Security", "CA5350", Justification = "Redis names scripts by their SHA-1; it protects nothing.")]
    private static string Compute(string script) => Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(script)));
}
