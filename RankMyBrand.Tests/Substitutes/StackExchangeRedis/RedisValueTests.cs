using System.Buffers;
using System.Text;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Substitutes.StackExchangeRedis;

public sealed class RedisValueTests
{
    public static TheoryData<double, string> Doubles => new()
    {
        { 5.0, "5" }, { 1.5, "1.5" }, { -0.25, "-0.25" }, { 0.1, "0.10000000000000001" }, { 1e20, "1E+20" },
        { double.PositiveInfinity, "+inf" }, { double.NegativeInfinity, "-inf" },
    };

    [Fact]
    public void Null_Converted_IsZeroFalseOrNull()
    {
        var value = RedisValue.Null;

        Assert.Equal(0, (int)value);
        Assert.Equal(0L, (long)value);
        Assert.Equal(0d, (double)value);
        Assert.False((bool)value);
        Assert.Null((string?)value);
        Assert.Null((byte[]?)value);
        Assert.Null((long?)value);
        Assert.Equal("", value.ToString());
        Assert.True(value.IsNull);
        Assert.True(value.IsNullOrEmpty);
        Assert.False(value.HasValue);
    }

    [Fact]
    public void Null_EmptyString_Differ()
    {
        Assert.True(RedisValue.Null != RedisValue.EmptyString);
        Assert.True(RedisValue.EmptyString.IsNullOrEmpty);
        Assert.False(RedisValue.EmptyString.IsNull);
    }

    [Theory, InlineData(""), InlineData("abc"), InlineData("1.5"), InlineData(" 1"), InlineData("1 ")]
    public void Text_ThatIsNoInteger_DoesNotConvert(string text)
    {
        RedisValue value = text;

        Assert.Throws<InvalidCastException>(() => (int)value);
        Assert.Throws<InvalidCastException>(() => (long)value);
        Assert.False(value.TryParse(out long _));
    }

    [Theory, InlineData("true"), InlineData("yes"), InlineData("2")]
    public void Text_ThatIsNoFlag_DoesNotConvert(string text) => Assert.Throws<InvalidCastException>(() => (bool)(RedisValue)text);

    [Theory, InlineData("12", 12), InlineData("-9223372036854775808", long.MinValue), InlineData("9223372036854775807", long.MaxValue)]
    public void Text_OfInteger_Converts(string text, long expected)
    {
        Assert.Equal(expected, (long)(RedisValue)text);
        Assert.Equal(expected, (long)(RedisValue)Encoding.UTF8.GetBytes(text));
        Assert.Equal(expected, (long?)(RedisValue)text);
    }

    [Theory, MemberData(nameof(Doubles))]
    public void Double_AsText_IsAsRedisSpellsIt(double number, string expected)
    {
        Assert.Equal(expected, (string?)(RedisValue)number);
        Assert.Equal(number, (double)(RedisValue)expected);
    }

    [Fact]
    public void Double_NotANumber_Parses() => Assert.True(double.IsNaN((double)(RedisValue)"nan"));

    [Fact]
    public void Bool_Converted_IsOneOrZero()
    {
        Assert.Equal("1", (string?)(RedisValue)true);
        Assert.Equal("0", (string?)(RedisValue)false);
        Assert.True((bool)(RedisValue)"1");
        Assert.False((bool)(RedisValue)0);
    }

    [Fact]
    public void UnsignedLong_BeyondLong_KeepsItsValue()
    {
        RedisValue value = ulong.MaxValue;

        Assert.Equal(ulong.MaxValue, (ulong)value);
        Assert.Equal("18446744073709551615", (string?)value);
        Assert.Equal(ulong.MaxValue, (ulong)(RedisValue)"18446744073709551615");
        Assert.Throws<InvalidCastException>(() => (long)value);
    }

    [Fact]
    public void Equality_TextAndBytes_AreOneValue()
    {
        RedisValue text = "grüße", bytes = Encoding.UTF8.GetBytes("grüße");

        Assert.Equal(text, bytes);
        Assert.Equal(text.GetHashCode(), bytes.GetHashCode());
        Assert.Equal(0, text.CompareTo(bytes));
    }

    [Fact]
    public void Equality_NumberAndItsText_AreOneValue()
    {
        RedisValue[] fives = [5, 5L, 5u, 5.0, "5", Encoding.UTF8.GetBytes("5")];

        Assert.All(fives, five => Assert.All(fives, other => Assert.Equal(five, other)));
        Assert.Single(fives.Select(five => five.GetHashCode()).Distinct());
    }

    [Fact]
    public void Comparison_NumericTexts_IsBySize()
    {
        Assert.True(((RedisValue)"2").CompareTo("10") < 0);
        Assert.True(((RedisValue)"b").CompareTo("a") > 0);
        Assert.True(RedisValue.Null.CompareTo("") < 0);
    }

    [Fact]
    public void StreamIds_Compared_AreTexts() => Assert.True((RedisValue)"0-0" == (RedisValue)Encoding.UTF8.GetBytes("0-0"));

    [Fact]
    public void Memory_Slice_IsTakenWithoutTheRest()
    {
        var memory = Encoding.UTF8.GetBytes("xxhelloyy").AsMemory(2, 5);

        RedisValue value = memory;

        Assert.Equal("hello", (string?)value);
        Assert.Equal(5, value.Length());
        Assert.Equal("hello"u8.ToArray(), (byte[]?)value);
        Assert.True(value.StartsWith("hel"));
        Assert.True(value.StartsWith("hel"u8));
    }

    [Fact]
    public void Memory_OfAManager_Converts()
    {
        using var owner = MemoryPool<byte>.Shared.Rent(16);
        "native"u8.CopyTo(owner.Memory.Span);

        RedisValue value = (ReadOnlyMemory<byte>)owner.Memory[..6];

        Assert.Equal("native", value.ToString());
    }

    [Fact]
    public void Sequence_OfSegments_IsJoined()
    {
        var first = new Segment("ab"u8.ToArray(), 0, null);
        var last = new Segment("cd"u8.ToArray(), 2, first);

        RedisValue value = new ReadOnlySequence<byte>(first, 0, last, 2);

        Assert.Equal("abcd", value.ToString());
    }

    [Fact]
    public void Array_OfBytes_IsNotCopied()
    {
        var bytes = new byte[] { 1, 2, 3 };

        Assert.Same(bytes, (byte[]?)(RedisValue)bytes);
    }

    [Fact]
    public void Unbox_UnknownType_NamesIt()
    {
        var error = Assert.Throws<ArgumentException>(() => RedisValue.Unbox(Guid.Empty));

        Assert.Contains("System.Guid", error.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData("text"), InlineData(1), InlineData(1L), InlineData(1.5), InlineData(true)]
    public void Box_AndUnbox_GiveTheSameValue(object plain)
    {
        var value = RedisValue.Unbox(plain);

        Assert.Equal(value, RedisValue.Unbox(value.Box()));
    }

    [Fact]
    public void Length_OfText_CountsBytes() => Assert.Equal(7, ((RedisValue)"grüße").Length());

    [Fact]
    public void CreateFrom_Stream_TakesItsContent()
    {
        using var stream = new MemoryStream();
        stream.Write("abc"u8);

        Assert.Equal("abc", RedisValue.CreateFrom(stream).ToString());
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] memory, long index, Segment? previous)
        {
            (Memory, RunningIndex) = (memory, index);
            if (previous is not null) previous.Next = this;
        }
    }
}
