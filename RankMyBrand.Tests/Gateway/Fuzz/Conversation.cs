using System.Globalization;
using System.Net;
using System.Text;

namespace RankMyBrand.Tests.Gateway.Fuzz;

/// <summary>What one client sends over one connection. The seed and the number of a conversation say all about it.</summary>
/// <param name="Number">Its number in the run.</param>
/// <param name="Text">What is sent, one byte a character.</param>
/// <param name="Expected">The answers, where all requests are well-formed; null where only the rules hold that hold for everything.</param>
/// <param name="IsCut">Whether the client goes away at the end of the text and waits for nothing.</param>
internal sealed record Conversation(int Number, string Text, IReadOnlyList<ExpectedAnswer>? Expected, bool IsCut)
{
    /// <summary>An address of its own, by which the backend's count of it can be told from others.</summary>
    public IPAddress Client => AddressOf(Number);

    /// <summary>The most requests that any reading of the text can find: a head ends with an empty line.</summary>
    public int MostRequests => Text.Split("\r\n\r\n").Length - 1;

    public static IPAddress AddressOf(int number) => new([127, (byte)(16 + (number >> 16)), (byte)(number >> 8), (byte)number]);

    /// <summary>The bytes as a C# string literal would have them, cut where they are many.</summary>
    public override string ToString()
    {
        var shown = new StringBuilder();
        foreach (var c in Text.AsSpan(0, Math.Min(Text.Length, 4000)))
        {
            _ = c switch
            {
                '\r' => shown.Append("\\r"),
                '\n' => shown.Append("\\n\n  "),
                '\\' => shown.Append("\\\\"),
                >= ' ' and <= '~' => shown.Append(c),
                _ => shown.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
            };
        }

        return $"conversation {Number}, {Text.Length} bytes{(IsCut ? ", then cut" : "")}:\n  {shown}";
    }
}

/// <summary>The one right answer to a well-formed request.</summary>
/// <param name="Status">The status.</param>
/// <param name="Code">The code of the problem; null for none.</param>
/// <param name="Echo">What a service has to have seen; null where the request is not for a service.</param>
/// <param name="HasBody">False for HEAD.</param>
internal sealed record ExpectedAnswer(int Status, string? Code = null, string? Echo = null, bool HasBody = true);
