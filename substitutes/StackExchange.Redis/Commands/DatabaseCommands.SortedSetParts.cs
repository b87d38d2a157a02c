namespace StackExchange.Redis;

// How ranges, bounds and conditions of sorted sets are written.
internal abstract partial class DatabaseCommands
{
    private static double NextReal(ref RespReader reader)
    {
        reader.Next();
        return reader.Real();
    }

    private static SortedSetWhen Of(When when) => when switch
    {
        When.Always => SortedSetWhen.Always,
        When.Exists => SortedSetWhen.Exists,
        When.NotExists => SortedSetWhen.NotExists,
        _ => throw new ArgumentOutOfRangeException(nameof(when), when, "The condition must be Always, Exists or NotExists."),
    };

    private static Command Directed(Order order, Command ascending, Command descending) => order switch
    {
        Order.Ascending => ascending,
        Order.Descending => descending,
        _ => throw new ArgumentOutOfRangeException(nameof(order), order, "The order must be Ascending or Descending."),
    };

    private static RedisValue Bound(double value, Exclude exclude, Exclude end) =>
        !exclude.HasFlag(end) ? value : "(" + NumberText.Format(value);

    private static RedisValue LexBound(RedisValue value, Exclude exclude, Exclude end)
    {
        if (value.IsNull) return end == Exclude.Start ? "-" : "+";
        var mark = !exclude.HasFlag(end) ? (byte)'[' : (byte)'(';
        return (byte[])[mark, .. value.Bytes().Span];
    }

    private static CommandFrame Limit(CommandFrame frame, long skip, long take) =>
        skip == 0 && take == -1 ? frame : frame.Add("LIMIT"u8).Add(skip).Add(take);

    private static CommandFrame Combine(CommandFrame frame, RedisKey[] keys, double[]? weights, Aggregate aggregate)
    {
        frame.Add(keys.Length).Add(keys);
        if (weights is { Length: > 0 })
        {
            if (weights.Length != keys.Length) throw new ArgumentException("There must be as many weights as keys.", nameof(weights));
            frame.Add("WEIGHTS"u8);
            foreach (var weight in weights) frame.Add(weight);
        }
        return aggregate switch
        {
            Aggregate.Sum => frame,
            Aggregate.Min => frame.Add("AGGREGATE"u8).Add("MIN"u8),
            Aggregate.Max => frame.Add("AGGREGATE"u8).Add("MAX"u8),
            Aggregate.Count => frame.Add("AGGREGATE"u8).Add("COUNT"u8),
            _ => throw new ArgumentOutOfRangeException(nameof(aggregate), aggregate, "The aggregate must be Sum, Min, Max or Count."),
        };
    }

    private CommandFrame RangeByScore(RedisKey key, double start, double stop, Exclude exclude, Order order)
    {
        var (low, high) = (Bound(start, exclude, Exclude.Start), Bound(stop, exclude, Exclude.Stop));
        // Callers may give the bounds in either order; each command wants its own.
        if (start > stop) (low, high) = (high, low);
        if (order == Order.Ascending) return Start(Commands.Zrangebyscore).Add(key).Add(low).Add(high);
        return Start(Commands.Zrevrangebyscore).Add(key).Add(high).Add(low);
    }

    private CommandFrame Zadd(RedisKey key, SortedSetWhen when, bool changed, ReadOnlySpan<SortedSetEntry> entries)
    {
        var frame = Start(Commands.Zadd).Add(key)
            .AddIf(when.HasFlag(SortedSetWhen.NotExists), "NX"u8)
            .AddIf(when.HasFlag(SortedSetWhen.Exists), "XX"u8)
            .AddIf(when.HasFlag(SortedSetWhen.GreaterThan), "GT"u8)
            .AddIf(when.HasFlag(SortedSetWhen.LessThan), "LT"u8)
            .AddIf(changed, "CH"u8);
        foreach (var entry in entries) frame.Add(entry.Score).Add(entry.Element);
        return frame;
    }
}
