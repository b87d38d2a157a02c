using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.Events.Fuzz;

/// <summary>A reply of RESP2 or RESP3 as a tree, with what a correct parser makes of it in a notation of its own.</summary>
internal abstract record RespReply
{
    private static readonly string[] s_integers =
        ["0", "-1", "7", "9223372036854775807", "-9223372036854775808", "99999999999999999999", "1763683200000"];

    private static readonly double[] s_reals = [0, -1.5, 3.25, 1e300, double.PositiveInfinity, double.NegativeInfinity, double.NaN];

    /// <summary>The bytes on the wire.</summary>
    public byte[] Encode()
    {
        using var wire = new MemoryStream();
        Write(wire);
        return wire.ToArray();
    }

    /// <summary>Smaller replies that may fail in the same way.</summary>
    public virtual IEnumerable<RespReply> Shrink() => [];

    public abstract string Describe();

    public sealed override string ToString() => $"{Encoding.Latin1.GetString(Encode()).Replace("\r\n", "\\r\\n", StringComparison.Ordinal)}";

    /// <summary>What the parser made of a reply, in the notation of <see cref="Describe()"/>.</summary>
    public static string Describe(RedisResult result)
    {
        if (result.Resp3Type is ResultType.Error)
            return $"-{result}";
        var kind = Kind(result.Resp3Type);
        if (result.IsNull)
            return $"{kind}nil";
        if (result.Length >= 0)
            return $"{kind}[{string.Join(' ', Enumerable.Range(0, result.Length).Select(i => Describe(result[i])))}]";
        if (kind == ',')
            return $",{((double)result).ToString("R", CultureInfo.InvariantCulture)}";
        var text = Encoding.Latin1.GetString((byte[])result!);
        return kind == '=' && result.ToString(out var format) is not null ? $"={format}:{text}" : $"{kind}{text}";
    }

    /// <summary>Replies with about as many elements as the size says.</summary>
    public static Gen<RespReply> Any { get; } = Gen.Sized(size => Tree(Math.Min(size, 24)));

    protected abstract void Write(MemoryStream wire);

    private static Gen<RespReply> Tree(int budget)
    {
        if (budget <= 1)
            return Scalar;
        var aggregate =
            from kind in Gen.Elements('*', '*', '~', '>', '%')
            from count in Gen.Choose(0, 5)
            from items in Gen.ArrayOf(Tree(budget / Math.Max(count, 2)), kind == '%' ? count / 2 * 2 : count)
            select (RespReply)new Aggregate(kind, items);
        var attributed =
            from items in Gen.ArrayOf(Tree(budget / 4), 2)
            from reply in Tree(budget / 2)
            select (RespReply)new Attributed(items, reply);
        return Gen.Frequency((3, Scalar), (4, aggregate), (1, attributed));
    }

    private static Gen<RespReply> Scalar { get; } = Gen.Frequency(
        (4, Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf().ScaleSize(size => size / 3).Select(bytes => (RespReply)new Bulk('$', bytes))),
        (1, Gen.Elements("OK", "", "QUEUED", "a b").Select(text => (RespReply)new Line('+', text))),
        (1, Gen.Elements("ERR no", "MOVED 1 a:1", "").SelectMany(text => Gen.Elements<RespReply>(new Line('-', text), new Bulk('!', Encoding.ASCII.GetBytes(text))))),
        (2, Gen.Elements(s_integers).Or(Gen.Choose(int.MinValue, int.MaxValue).Select(i => i.ToString(CultureInfo.InvariantCulture))).Select(text => (RespReply)new Line(':', text))),
        (1, Gen.Elements(s_reals).Select(real => (RespReply)new Real(real))),
        (1, Gen.Elements<RespReply>(new Line('#', "t"), new Line('#', "f"), new Line('_', ""), new Line('(', "3492890328409238509324850943850943825024385"))),
        (1, Gen.Elements("txt:some text", "mkd:", "txt:\r\n").Select(text => (RespReply)new Bulk('=', Encoding.ASCII.GetBytes(text)))),
        (1, Gen.Elements<RespReply>(new Bulk('$', null), new Aggregate('*', null))));

    private static char Kind(ResultType type) => type switch
    {
        ResultType.SimpleString => '+',
        ResultType.Integer => ':',
        ResultType.BulkString => '$',
        ResultType.Array => '*',
        ResultType.Null => '_',
        ResultType.Double => ',',
        ResultType.Boolean => '#',
        ResultType.VerbatimString => '=',
        ResultType.Map => '%',
        ResultType.BigInteger => '(',
        ResultType.Set => '~',
        ResultType.Push => '>',
        _ => '?',
    };

    private static void Append(MemoryStream wire, string text) => wire.Write(Encoding.ASCII.GetBytes(text));

    private sealed record Line(char Type, string Text) : RespReply
    {
        public override string Describe() => Type switch
        {
            '_' => "_nil",
            '#' => Text == "t" ? "#1" : "#0",
            _ => $"{Type}{Text}",
        };

        protected override void Write(MemoryStream wire) => Append(wire, $"{Type}{Text}\r\n");
    }

    private sealed record Real(double Value) : RespReply
    {
        public override string Describe() => $",{Value.ToString("R", CultureInfo.InvariantCulture)}";

        protected override void Write(MemoryStream wire) => Append(wire, Value switch
        {
            double.PositiveInfinity => ",inf\r\n",
            double.NegativeInfinity => ",-inf\r\n",
            double.NaN => ",nan\r\n",
            _ => $",{Value.ToString("R", CultureInfo.InvariantCulture)}\r\n",
        });
    }

    private sealed record Bulk(char Type, byte[]? Bytes) : RespReply
    {
        public override IEnumerable<RespReply> Shrink() =>
            Type == '$' && Bytes is { Length: > 0 } ? [new Bulk('$', Bytes[..(Bytes.Length / 2)]), new Bulk('$', Bytes[1..])] : [];

        public override string Describe() =>
            Bytes is null ? "$nil" : $"{(Type == '!' ? '-' : Type)}{Encoding.Latin1.GetString(Bytes)}";

        protected override void Write(MemoryStream wire)
        {
            Append(wire, $"{Type}{Bytes?.Length ?? -1}\r\n");
            if (Bytes is null)
                return;
            wire.Write(Bytes);
            Append(wire, "\r\n");
        }
    }

    private sealed record Aggregate(char Type, RespReply[]? Items) : RespReply
    {
        public override IEnumerable<RespReply> Shrink() => Items is null ? [] :
        [
            .. Items,
            .. Type == '%' ? [] : Items.Select((_, i) => new Aggregate(Type, [.. Items[..i], .. Items[(i + 1)..]])),
            .. Items.SelectMany((item, i) => item.Shrink().Select(less => new Aggregate(Type, [.. Items[..i], less, .. Items[(i + 1)..]]))),
        ];

        public override string Describe() =>
            Items is null ? "*nil" : $"{Type}[{string.Join(' ', Items.Select(item => item.Describe()))}]";

        protected override void Write(MemoryStream wire)
        {
            Append(wire, $"{Type}{(Items is null ? -1 : Type == '%' ? Items.Length / 2 : Items.Length)}\r\n");
            foreach (var item in Items ?? [])
                item.Write(wire);
        }
    }

    /// <summary>A reply with an attribute, which a client may pass over.</summary>
    private sealed record Attributed(RespReply[] Attributes, RespReply Reply) : RespReply
    {
        public override IEnumerable<RespReply> Shrink() => [Reply, .. Reply.Shrink().Select(less => new Attributed(Attributes, less))];

        public override string Describe() => Reply.Describe();

        protected override void Write(MemoryStream wire)
        {
            Append(wire, $"|{Attributes.Length / 2}\r\n");
            foreach (var attribute in Attributes)
                attribute.Write(wire);
            Reply.Write(wire);
        }
    }
}
