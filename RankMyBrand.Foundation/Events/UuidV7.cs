using System.Buffers.Binary;
using System.Security.Cryptography;

namespace RankMyBrand.Foundation.Events;

/// <summary>
/// Identifiers of events: UUIDv7 (RFC 9562, section 5.7) that also rise within one millisecond, so that sorting by id is sorting by
/// publication, unless the clock is set back by more than a minute. The 26 bits after the time are a counter with a random start
/// (method 1 of section 6.2), the last 48 are random.
/// </summary>
public static class UuidV7
{
    private const int CounterBits = 26;
    private const long CounterMask = (1L << CounterBits) - 1;

    // Further ahead than this only a wrong clock can have been. Going on from there after it was corrected would make ids of the
    // future, which nobody takes.
    private const long MaxAhead = 60_000L << CounterBits;

    // Milliseconds and counter share one word, so that both move in one exchange; counting from the process's start leaves room for
    // the milliseconds of four years, and of one before it.
    private const long FirstMillisecond = -(1L << 35);
    private const long LastMillisecond = (1L << 37) - 1;

    private static readonly long s_epoch = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
    private static long s_last;

    // Asking the system's generator costs more than all the rest, so each thread asks for many bytes at once.
    [ThreadStatic]
    private static byte[]? s_random;

    [ThreadStatic]
    private static int s_randomUsed;

    /// <summary>Makes the next identifier; thread-safe.</summary>
    public static Guid Next() => Next(DateTimeOffset.UtcNow);

    internal static Guid Next(DateTimeOffset now)
    {
        var random = TakeRandom();
        var elapsed = Math.Clamp(now.ToUnixTimeMilliseconds() - s_epoch, FirstMillisecond, LastMillisecond);
        // The upper half of the counter stays free, so that a burst does not spill into the next millisecond.
        var seed = BinaryPrimitives.ReadUInt32LittleEndian(random[6..]) & (CounterMask >> 1);
        var fresh = (elapsed << CounterBits) | (long)seed;

        long last, next;
        do
        {
            last = Volatile.Read(ref s_last);
            next = fresh > last || last - fresh > MaxAhead ? fresh : last + 1;
        }
        while (Interlocked.CompareExchange(ref s_last, next, last) != last);

        var milliseconds = s_epoch + (next >> CounterBits);
        var counter = next & CounterMask;

        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, milliseconds << 16);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[6..], (ushort)(0x7000 | (counter >> 14)));
        BinaryPrimitives.WriteUInt16BigEndian(bytes[8..], (ushort)(0x8000 | (counter & 0x3FFF)));
        random[..6].CopyTo(bytes[10..]);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>Ten random bytes that nobody else gets.</summary>
    private static ReadOnlySpan<byte> TakeRandom()
    {
        const int Each = 10;
        const int Kept = 64 * Each;
        if (s_random is null || s_randomUsed == Kept)
        {
            RandomNumberGenerator.Fill(s_random ??= new byte[Kept]);
            s_randomUsed = 0;
        }

        var taken = s_random.AsSpan(s_randomUsed, Each);
        s_randomUsed += Each;
        return taken;
    }

    /// <summary>The identifier that always results from this time and this name: its bits after the time are the name's SHA-256.</summary>
    public static Guid FromName(long unixMilliseconds, ReadOnlySpan<byte> name)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(name, hash);
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, unixMilliseconds << 16);
        hash[..10].CopyTo(bytes[6..]);
        bytes[6] = (byte)(0x70 | (bytes[6] & 0x0F));
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>The time inside a UUIDv7, in whole milliseconds.</summary>
    /// <exception cref="ArgumentException"><paramref name="id"/> is not a UUIDv7.</exception>
    public static DateTimeOffset TimeOf(Guid id) =>
        TryGetTime(id, out var time) ? time : throw new ArgumentException($"'{id}' is not a UUIDv7: it carries no time.", nameof(id));

    /// <summary>Reads the time inside a UUIDv7; false for any other kind of identifier.</summary>
    public static bool TryGetTime(Guid id, out DateTimeOffset time)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        var milliseconds = BinaryPrimitives.ReadInt64BigEndian(bytes) >>> 16;
        var valid = id is { Version: 7 } && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
        time = valid ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : default;
        return valid;
    }
}
