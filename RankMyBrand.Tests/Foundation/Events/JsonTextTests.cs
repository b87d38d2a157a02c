using System.Text;
using RankMyBrand.Foundation.Events;

namespace RankMyBrand.Tests.Foundation.Events;

public class JsonTextTests
{
    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData(" [1, 2.50, -3e10, \"\\ud83d\\ude00 \\n\"] ")]
    [InlineData("{\"a\":{\"b\":[true,false,null,\"ä\"]}}")]
    [InlineData("1.7976931348623157e308")]
    public void IsStorable_Json_True(string json)
    {
        Assert.True(JsonText.IsStorable(Encoding.UTF8.GetBytes(json), out var fault), fault);
        Assert.Null(fault);
    }

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("{\"a\":}", "not valid JSON")]
    [InlineData("{} {}", "not valid JSON")]
    [InlineData("'a'", "not valid JSON")]
    [InlineData("[1,]", "not valid JSON")]
    [InlineData("\"a\\u0000b\"", "the character \\u0000")]
    [InlineData("{\"\\u0000\":1}", "the character \\u0000")]
    [InlineData("\"\\ud83d\"", "unpaired surrogate")]
    [InlineData("1e99999999999999", "exponent is too large")]
    [InlineData("-1e-99999", "exponent is too large")]
    public void IsStorable_WhatTheStoreCannotHold_SaysWhy(string json, string expected)
    {
        Assert.False(JsonText.IsStorable(Encoding.UTF8.GetBytes(json), out var fault));
        Assert.Contains(expected, fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1e9999", 419, 420)]
    [InlineData("1E-999", 4198, 4199)]
    [InlineData("-7.5e+0300", 13_981, 13_982)]
    public void IsStorable_NumbersThatPostgresWritesOut_AreTakenUpToFourMillionDigits(string number, int storable, int tooMany)
    {
        Assert.True(JsonText.IsStorable(Encoding.UTF8.GetBytes(Array(storable)), out _));
        Assert.False(JsonText.IsStorable(Encoding.UTF8.GetBytes(Array(tooMany)), out var fault));
        Assert.Equal("its numbers, written out without exponents, have more than 4194304 digits", fault);

        string Array(int count) => $"[{string.Join(',', Enumerable.Repeat(number, count))}]";
    }

    [Fact]
    public void IsStorable_BytesThatAreNotUtf8_False()
    {
        Assert.False(JsonText.IsStorable((byte[])[(byte)'"', 0xB1, (byte)'"'], out var fault));
        Assert.Equal("the text is not valid UTF-8", fault);
    }

    [Fact]
    public void IsStorable_NestedTooDeep_False()
    {
        var depth = JsonText.MaxDepth + 1;

        Assert.False(JsonText.IsStorable(Encoding.UTF8.GetBytes(new string('[', depth) + new string(']', depth)), out _));
    }
}
