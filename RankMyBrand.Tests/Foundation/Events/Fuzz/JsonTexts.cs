using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace RankMyBrand.Tests.Foundation.Events.Fuzz;

/// <summary>JSON texts, most of them valid, some with what parsers and databases choke on.</summary>
internal static class JsonTexts
{
    private static readonly string[] s_strings =
    [
        "", "a", "response.received", "été", "日本", "😀", "\\n\\t\\\"\\\\\\/", "\\u00e9", "\\ud83d\\ude00", "\\u0001", "\u007f", "$", "null", "-1", "\\u0022", "data", new('x', 300),
    ];

    private static readonly string[] s_numbers =
    [
        "0", "-0", "1", "-1.5", "1e5", "1E+5", "1e-400", "1e400", "0.1", "12345678901234567890", "1e9999", "1e-9999", "9007199254740993",
        "3.141592653589793238462643383279502884197", "1" + new string('0', 200),
    ];

    /// <summary>JSON that no store can hold.</summary>
    private static readonly string[] s_hostile = ["\"\\u0000\"", "\"\\ud800\"", "\"\\udc00x\"", "1e10000", "-1e-99999", "{\"\\u0000\":1}"];

    private static readonly string[] s_names = ["time", "subject", "a", "", "été", "type ", "comexampleextension"];

    /// <summary>Property names that mean something to the event API, and such as none should have.</summary>
    private static readonly string[] s_knownNames =
        ["type", "data", "correlationId", "correlationid", "specversion", "id", "source", "datacontenttype", "data_base64", "\\u0000", "\\ud800", "dat\\u0061"];

    private static readonly string[] s_broken = ["", "nul", "tru", "01", "1.", "-", "+1", ".5", "\"", "\"\\x\"", "\"\n\"", "{", "[", "}", "]", "{\"a\"}", "[1,]", "{,}", "'a'", "NaN", "//", "\"\\u12\""];

    public static Gen<string> Any { get; } = Gen.Sized(size => Value(Math.Min(size, 30)));

    /// <summary>Objects that look like an event in one form or another.</summary>
    public static Gen<string> Event { get; } =
        from start in Gen.Elements(
            "\"type\":\"t.happened\"",
            "\"type\":\"t.happened\",\"data\":1",
            "\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\"",
            "\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"t\",\"data_base64\":\"eyJhIjoxfQ==\"",
            "\"specversion\":\"1.0\"")
        from more in Property.ListOf()
        from value in Any
        select $"{{{start},\"extra\":{value}{string.Concat(more.Take(6).Select(property => "," + property))}}}";

    /// <summary>A text as bytes, now and then damaged.</summary>
    public static Gen<Raw> Bytes(Gen<string> text) =>
        from bytes in text.Select(Encoding.UTF8.GetBytes)
        from damage in Gen.Frequency((6, Gen.Constant(-1)), (1, Gen.Choose(0, 10_000)))
        from with in Gen.Choose(0, 255)
        select new Raw(damage < 0 || bytes.Length == 0 ? bytes : [.. bytes[..(damage % bytes.Length)], (byte)with, .. bytes[((damage % bytes.Length) + (with % 2))..]]);

    private static Gen<string> String { get; } = Gen.Elements(s_strings).Select(text => $"\"{text}\"");

    private static Gen<string> Property { get; } = Gen.Frequency((9, Gen.Elements(s_names)), (1, Gen.Elements(s_knownNames))).Zip(Gen.Sized(size => Value(Math.Min(size / 4, 8))), (name, value) => $"\"{name}\":{value}");

    private static Gen<string> Scalar { get; } = Gen.Frequency(
        (40, String), (30, Gen.Elements(s_numbers)), (20, Gen.Elements("true", "false", "null")),
        (1, Gen.Elements(s_broken)), (2, Gen.Elements(s_hostile)), (1, Gen.Choose(60, 140).Select(Deep)));

    private static Gen<string> Value(int budget)
    {
        if (budget <= 1)
            return Scalar;
        var items = Value(budget / 3).ListOf().ScaleSize(size => Math.Min(size, 5));
        var array = items.Select(list => $"[{string.Join(',', list)}]");
        var @object = items.Zip(Gen.Shuffle(s_names), (list, names) => $"{{{string.Join(',', list.Zip(names, (value, name) => $"\"{name}\" : {value}"))}}}");
        return Gen.Frequency((2, Scalar), (2, array), (2, @object));
    }

    private static string Deep(int levels) => $"{new string('[', levels)}{new string(']', levels)}";
}

/// <summary>Bytes that a failure shows as text.</summary>
internal sealed record Raw(byte[] Bytes)
{
    public override string ToString() => Encoding.Latin1.GetString(Bytes);
}
