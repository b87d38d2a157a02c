using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace StackExchange.Redis;

/// <summary>The hashes of scripts, and which of them the server is believed to know.</summary>
internal sealed class ScriptCache
{
    // Scripts are meant to be few and constant; a program that composes them must not fill the memory.
    private const int Capacity = 2048;

    // By the object: to find a text of some kilobytes by its content takes a microsecond with every call. Kept no longer than the text.
    private readonly ConditionalWeakTable<string, string> _hashes = [];
    private readonly ConcurrentDictionary<string, byte> _known = new(StringComparer.Ordinal);

    public static bool IsHash(string script) => script.Length == 40 && script.All(char.IsAsciiHexDigit);

    public static string Hex(byte[] hash)
    {
        ArgumentNullException.ThrowIfNull(hash);
        return hash.Length == 20 ? Convert.ToHexStringLower(hash) : throw new ArgumentOutOfRangeException(nameof(hash), $"A script's hash has 20 bytes, not {hash.Length}.");
    }

    public string HashOf(string script) => _hashes.GetValue(script, Compute);

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
