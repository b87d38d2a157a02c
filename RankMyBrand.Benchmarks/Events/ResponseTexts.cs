using System.Text;
using System.Text.Json;

namespace RankMyBrand.Benchmarks.Events;

/// <summary>Payloads as the platform sees them: answers of assistants. How well they compress decides how fast they are stored.</summary>
internal static class ResponseTexts
{
    /// <summary>Different JSON objects of exactly so many bytes, made of sentences of real answers; the same ones in every run.</summary>
    public static IReadOnlyList<byte[]> Payloads(int bytes, int count = 2000)
    {
        var sentences = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "ai-responses.jsonl"))
            .SelectMany(SentencesOf)
            .ToArray();
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(_ => Payload(bytes, sentences, random))];
    }

    private static IEnumerable<string> SentencesOf(string line)
    {
        using var record = JsonDocument.Parse(line);
        return record.RootElement.GetProperty("response").GetString()!
            .Split('.', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            // One byte a character, so that a text can be cut anywhere.
            .Where(sentence => sentence.All(c => char.IsAsciiLetterOrDigit(c) || " ,;:'()-".Contains(c, StringComparison.Ordinal)))
            .ToList();
    }

    private static byte[] Payload(int bytes, string[] sentences, Random random)
    {
        const string Start = "{\"platform\":\"gpt-4\",\"response\":\"";
        var text = new StringBuilder(Start, bytes + 256);
        while (text.Length < bytes)
            text.Append(sentences[random.Next(sentences.Length)]).Append(". ");
        text.Length = bytes - 2;
        return Encoding.ASCII.GetBytes(text.Append("\"}").ToString());
    }
}
