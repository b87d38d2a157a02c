using System.Buffers;
using System.Globalization;
using System.Text;

namespace OpenTelemetry.Exporter;

/// <summary>Appends UTF-8 text to a buffer.</summary>
internal readonly struct TextWriterUtf8(ArrayBufferWriter<byte> buffer)
{
    private const int MaxNumberLength = 32;

    private static readonly SearchValues<char> s_escapedInText = SearchValues.Create("\\\n");
    private static readonly SearchValues<char> s_escapedInQuotes = SearchValues.Create("\\\n\"");

    public void Write(ReadOnlySpan<byte> text) => buffer.Write(text);

    public void Write(ReadOnlySpan<char> text)
    {
        var span = buffer.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        buffer.Advance(Encoding.UTF8.GetBytes(text, span));
    }

    public void Write(long number)
    {
        number.TryFormat(buffer.GetSpan(MaxNumberLength), out var written, provider: CultureInfo.InvariantCulture);
        buffer.Advance(written);
    }

    public void Write(double number)
    {
        if (double.IsFinite(number))
        {
            number.TryFormat(buffer.GetSpan(MaxNumberLength), out var written, provider: CultureInfo.InvariantCulture);
            buffer.Advance(written);
            return;
        }

        Write(double.IsNaN(number) ? "NaN"u8 : number > 0 ? "+Inf"u8 : "-Inf"u8);
    }

    /// <summary>Writes a help text or, between quotes, the value of a label.</summary>
    public void WriteEscaped(ReadOnlySpan<char> text, bool quotes)
    {
        var special = quotes ? s_escapedInQuotes : s_escapedInText;
        for (var index = text.IndexOfAny(special); index >= 0; index = text.IndexOfAny(special))
        {
            Write(text[..index]);
            Write(text[index] switch { '\n' => @"\n"u8, '"' => "\\\""u8, _ => @"\\"u8 });
            text = text[(index + 1)..];
        }

        Write(text);
    }
}
