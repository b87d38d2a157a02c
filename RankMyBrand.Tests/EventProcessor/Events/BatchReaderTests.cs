using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RankMyBrand.EventProcessor.Events;

namespace RankMyBrand.Tests.EventProcessor.Events;

public class BatchReaderTests
{
    [Fact]
    public async Task Lines_AreNumberedAndBlankOnesLeftOut()
    {
        var lines = await ReadAsync("application/x-ndjson", "{\"a\":1}\n\n  \r\n{\"b\":2}\r\n{\"c\":3}");

        Assert.Equal([(1, "{\"a\":1}"), (4, "{\"b\":2}\r"), (5, "{\"c\":3}")], lines);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public async Task Lines_CutAnywhere_ComeWhole(int chunk)
    {
        var body = string.Join('\n', Enumerable.Range(0, 50).Select(i => $"{{\"n\":{i}}}"));

        var lines = await ReadAsync("application/x-ndjson", body, chunk);

        Assert.Equal(Enumerable.Range(0, 50).Select(i => (i + 1, (string?)$"{{\"n\":{i}}}")), lines);
    }

    [Fact]
    public async Task Lines_OneLongerThanAnEvent_IsReportedAndTheRestRead()
    {
        var lines = await ReadAsync("application/jsonl", "{}\n" + new string('x', 100_000) + "\n{}\n", chunk: 4096);

        Assert.Equal([(1, "{}"), (2, null), (3, "{}")], lines);
    }

    [Fact]
    public async Task Lines_LastOneLongerThanAnEventAndTheEndLater_IsReported()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var http = new DefaultHttpContext();
        http.Features.Set<IRequestBodyPipeFeature>(new BodyPipe(pipe.Reader));
        http.Request.ContentType = "application/jsonl";
        await pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes("{}\n" + new string('x', 100_000)), TestContext.Current.CancellationToken);
        await using var lines = BatchReader.For(http.Request, maxEventBytes: 1024)!.ReadAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);

        Assert.True(await lines.MoveNextAsync());
        var last = lines.MoveNextAsync();
        await pipe.Writer.CompleteAsync();

        Assert.True(await last);
        Assert.Equal(new BatchLine(2, null), lines.Current);
        Assert.False(await lines.MoveNextAsync());
    }

    [Fact]
    public async Task Elements_OfAnArray_AreCutOutAsTheyAre()
    {
        var lines = await ReadAsync("application/json; charset=utf-8", " [ {\"a\": [1, 2]} ,{}, 3 ] ");

        Assert.Equal([(1, "{\"a\": [1, 2]}"), (2, "{}"), (3, "3")], lines);
    }

    [Fact]
    public async Task Elements_OneLongerThanAnEvent_IsReportedAndTheRestRead()
    {
        var lines = await ReadAsync("application/json", $"[{{}},\"{new string('x', 100_000)}\",{{}}]");

        Assert.Equal([(1, "{}"), (2, null), (3, "{}")], lines);
    }

    [Theory]
    [InlineData("{}", "not a JSON array")]
    [InlineData("[{},", "not valid JSON: line 1")]
    [InlineData("[] []", "not valid JSON")]
    public async Task Elements_OfWhatIsNoArray_SayWhy(string body, string expected)
    {
        var error = await Assert.ThrowsAsync<FormatException>(() => ReadAsync("application/json", body));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void For_AnotherContentType_IsNull()
    {
        var request = new DefaultHttpContext().Request;
        request.ContentType = "text/csv";

        Assert.Null(BatchReader.For(request, 1024));
    }

    private static async Task<List<(int Number, string? Text)>> ReadAsync(string contentType, string body, int chunk = int.MaxValue)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var http = new DefaultHttpContext();
        http.Features.Set<IRequestBodyPipeFeature>(new BodyPipe(pipe.Reader));
        http.Request.ContentType = contentType;
        var writing = WriteAsync();

        var lines = new List<(int, string?)>();
        await foreach (var line in BatchReader.For(http.Request, maxEventBytes: 1024)!.ReadAsync(TestContext.Current.CancellationToken))
            lines.Add((line.Number, line.Json is { } json ? Encoding.UTF8.GetString(json.Span) : null));
        await writing;
        return lines;

        async Task WriteAsync()
        {
            foreach (var part in Encoding.UTF8.GetBytes(body).Chunk(chunk))
            {
                await pipe.Writer.WriteAsync(part, TestContext.Current.CancellationToken);
                await Task.Yield();
            }

            await pipe.Writer.CompleteAsync();
        }
    }

    private sealed record BodyPipe(PipeReader Reader) : IRequestBodyPipeFeature;
}
