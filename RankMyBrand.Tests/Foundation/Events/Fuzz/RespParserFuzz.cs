using System.Reflection;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.Events.Fuzz;

/// <summary>The parser of Redis' replies, on generated replies and on garbage.</summary>
public sealed class RespParserFuzz
{
    private const int Inputs = 100_000;

    private static readonly byte[] s_next = "+next\r\n"u8.ToArray();

    /// <summary>Every parser that a command of the client uses.</summary>
    private static readonly Action<byte[]>[] s_parsers = [.. Parsers()];

    [Fact]
    public void Reply_SplitAnywhere_EndsInItsPlaceAndParsesToItsValue() => Fuzzing.Check(Inputs, RespReply.Any, reply => reply.Shrink(), reply =>
    {
        var wire = reply.Encode();
        byte[] more = [.. wire, .. s_next];

        var byteByByte = new RespScanner();
        for (var split = 0; split < wire.Length; split++)
        {
            // The scanner has seen all before the split, and now gets the rest at once.
            var scanner = byteByByte;
            var read = scanner.Scan(more.AsSpan(split), out var ended);
            var one = byteByByte.Scan(more.AsSpan(split, 1), out var complete);
            if (!ended || split + read != wire.Length || !scanner.IsFresh)
                Assert.Fail($"Split at {split}, the reply of {wire.Length} bytes ended at {split + read}.");
            if (one != 1 || complete != (split == wire.Length - 1))
                Assert.Fail($"Byte by byte, the reply of {wire.Length} bytes ended at {split + one}.");
        }

        var reader = new RespReader(wire);
        Assert.Equal(reply.Describe(), RespReply.Describe(Replies.Any(ref reader)));
    });

    [Fact]
    public void Garbage_InPieces_IsRefusedOrWaitedForAndTakesNoMemory() => Fuzzing.Check(Inputs, Garbage(), input =>
    {
        var (bytes, piece) = input;
        var before = GC.GetAllocatedBytesForCurrentThread();

        try
        {
            Consume(bytes, piece);
        }
        catch (RespException)
        {
            // What the connection tells its callers as a protocol failure.
        }

        // A length that the bytes do not bear out must not be believed.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 * 1024 + (bytes.Length * 256));
    });

    [Fact]
    public void Reply_OfAnotherShapeThanExpected_IsRefused() => Fuzzing.Check(Inputs / 5, RespReply.Any.Zip(Gen.Choose(0, s_parsers.Length - 1)), input =>
    {
        try
        {
            s_parsers[input.Item2](input.Item1.Encode());
        }
        catch (Exception e) when (e is RespException or RedisException or InvalidCastException or OverflowException or FormatException or ArgumentException or IndexOutOfRangeException)
        {
            // The connection makes each of these the failure of that one command.
        }
    });

    [Theory]
    [InlineData('*')]
    [InlineData('~')]
    [InlineData('>')]
    [InlineData('%')]
    [InlineData('|')]
    public void Reply_NestedAMillionTimes_IsRefusedWithoutOverflowingTheStack(char kind)
    {
        var nested = kind is '%' or '|' ? $"{kind}1\r\n:1\r\n" : $"{kind}1\r\n";
        // Each attribute is followed by what it describes, each other level by its one value.
        var bytes = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(nested, 1_000_000)) + (kind == '|' ? string.Concat(Enumerable.Repeat(":1\r\n", 1_000_001)) : ":1\r\n"));

        var scanner = new RespScanner();
        Assert.Equal(bytes.Length, scanner.Scan(bytes, out var complete));
        Assert.True(complete);
        if (kind == '|')
            Assert.Equal(1, Parse(bytes, Replies.Integer));
        else
            Assert.Contains("levels deep", Assert.Throws<RespException>(() => Parse(bytes, Replies.Any)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("$2147483648\r\n", "more than 2147483647")]
    [InlineData("*99999999999999999999999\r\n", "more than 2147483647")]
    [InlineData("%2147483647\r\n", "more than 2147483647 elements")]
    [InlineData("*2147483647\r\n*2\r\n", "more than 2147483647 elements")]
    [InlineData("$-2\r\n", "-2 is not a length")]
    [InlineData("$\r\n", "not part of a length")]
    [InlineData("*1\n", "not part of a length")]
    [InlineData("GET / HTTP/1.1\r\n", "0x47 does not begin a reply")]
    public void Garbage_OfAKnownKind_IsNamed(string garbage, string expected)
    {
        var scanner = new RespScanner();

        var error = Assert.Throws<RespException>(() => scanner.Scan(Encoding.ASCII.GetBytes(garbage), out _));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    /// <summary>What the reading loop of a connection does, on bytes that come in pieces.</summary>
    private static void Consume(byte[] bytes, int piece)
    {
        var scanner = new RespScanner();
        var (start, scanned) = (0, 0);
        while (scanned < bytes.Length)
        {
            var end = Math.Min(bytes.Length, scanned + piece);
            var read = scanner.Scan(bytes.AsSpan(scanned, end - scanned), out var complete);
            Assert.InRange(read, 1, end - scanned);
            scanned += read;
            if (!complete)
                continue;
            var reader = new RespReader(bytes.AsSpan(start, scanned - start));
            _ = Replies.Any(ref reader);
            start = scanned;
        }
    }

    private static T Parse<T>(byte[] bytes, ReplyParser<T> parser)
    {
        var reader = new RespReader(bytes);
        return parser(ref reader);
    }

    private static Gen<(byte[] Bytes, int Piece)> Garbage()
    {
        var alphabet = Gen.Elements("+-:$*%~>|=!(#,_0123456789-\r\n\r\nat"u8.ToArray()).ArrayOf();
        var hostile = Gen.Elements("$2147483647\r\nx", "*2147483647\r\n", "*1000000000\r\n:1\r\n", "%1073741823\r\n", "|536870911\r\n", "=2\r\nab\r\n", "=1000000\r\ntxt", "*1\r\n*1\r\n*1\r\n$-1\r\n")
            .Select(Encoding.ASCII.GetBytes);
        var mutated =
            from reply in RespReply.Any
            from at in Gen.Choose(0, 10_000)
            from with in Gen.Choose(0, 255)
            from how in Gen.Choose(0, 3)
            select Mutate(reply.Encode(), at, (byte)with, how);
        return Gen.Frequency((4, mutated), (3, alphabet), (1, hostile), (1, hostile.Zip(mutated, (head, tail) => (byte[])[.. head, .. tail]))).Zip(Gen.Choose(1, 20));
    }

    private static byte[] Mutate(byte[] bytes, int at, byte with, int how)
    {
        at %= bytes.Length;
        switch (how)
        {
            case 0:
                bytes[at] = with;
                return bytes;
            case 1:
                bytes[at] = (byte)('0' + (with % 10));
                return bytes;
            case 2:
                return [.. bytes[..at], .. bytes[(at + 1)..]];
            default:
                return [.. bytes[..at], with, .. bytes[at..]];
        }
    }

    private static IEnumerable<Action<byte[]>> Parsers()
    {
        var bind = typeof(RespParserFuzz).GetMethod(nameof(Bind), BindingFlags.NonPublic | BindingFlags.Static)!;
        return typeof(Replies).Assembly.GetTypes().Where(type => !type.ContainsGenericParameters)
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Where(field => field is { IsInitOnly: true, FieldType.IsGenericType: true } && field.FieldType.GetGenericTypeDefinition() == typeof(ReplyParser<>))
            .Select(field => (Action<byte[]>)bind.MakeGenericMethod(field.FieldType.GetGenericArguments()).Invoke(null, [field.GetValue(null)])!);
    }

    private static Action<byte[]> Bind<T>(ReplyParser<T> parser) => bytes => Parse(bytes, parser);
}
