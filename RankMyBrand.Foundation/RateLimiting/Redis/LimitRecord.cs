using System.Buffers.Binary;
using System.Text;

namespace RankMyBrand.Foundation.RateLimiting.Redis;

/// <summary>
/// What check.lua and give_back.lua are told of one limit, in the layout that the former describes. One binary argument costs the server
/// less time than eight textual ones.
/// </summary>
internal static class LimitRecord
{
    private const int Further = 0;
    private const int Algorithm = 1;
    private const int Capacity = 2;
    private const int Rate = 10;
    private const int Window = 18;
    private const int Cost = 26;
    private const int Demand = 34;
    private const int Spare = 42;
    private const int Length = 50;

    /// <summary>The record of a rule, which takes nothing yet.</summary>
    /// <param name="algorithm">T, S or C.</param>
    /// <param name="capacity">Tokens in a full bucket, permits in a window, or slots.</param>
    /// <param name="rate">Tokens that a window refills, or segments of a window.</param>
    /// <param name="window">The window, or how long a slot is held unless renewed, in milliseconds.</param>
    public static byte[] OfRule(char algorithm, long capacity, long rate, long window)
    {
        var record = new byte[Length];
        record[Algorithm] = (byte)algorithm;
        Write(record, Capacity, capacity);
        Write(record, Rate, rate);
        Write(record, Window, window);
        return record;
    }

    /// <summary>The record of what a check takes from a limit.</summary>
    /// <param name="take">What is taken.</param>
    /// <param name="further">How many limits the check has after this one.</param>
    /// <param name="holder">Who holds the slots of a concurrency limit.</param>
    public static byte[] Of(in Take take, int further, string holder)
    {
        var rule = take.Claim.Rule;
        var isHeld = rule.Algorithm == RateLimitAlgorithm.Concurrency;
        var record = new byte[isHeld ? Length + Encoding.UTF8.GetByteCount(holder) : Length];
        rule.Record.CopyTo(record, 0);
        record[Further] = (byte)further;
        Write(record, Cost, take.Claim.Cost);
        Write(record, Demand, take.Demand);
        Write(record, Spare, take.Spare);
        if (isHeld)
            Encoding.UTF8.GetBytes(holder, record.AsSpan(Length));
        return record;
    }

    private static void Write(byte[] record, int at, double value) => BinaryPrimitives.WriteDoubleLittleEndian(record.AsSpan(at), value);
}
