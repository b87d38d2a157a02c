using System.Diagnostics;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace RankMyBrand.Tests.Substitutes.AspireHosting;

public sealed class ReplicaTests
{
    // Answers every request with its process id.
    private const string Server =
        """
        my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $ENV{PORT}, Listen => 64, ReuseAddr => 1) or die "no port";
        while (my $c = $s->accept) { while (my $l = <$c>) { last if $l eq "\r\n" }
        print $c "HTTP/1.1 200 OK\r\nContent-Length: " . length($$) . "\r\nConnection: close\r\n\r\n$$"; close $c }
        """;

    [Fact]
    public async Task Replicas_BehindOneEndpoint_AllAnswerAndReplaceEachOther()
    {
        await using var builder = DistributedApplicationTestingBuilder.Create(Apps.FastRestarts);
        builder.AddExecutable("web", "perl", "/tmp", "-MIO::Socket::INET", "-e", Server)
            .WithAnnotation(new ReplicaAnnotation(2)).WithHttpEndpoint(env: "PORT").WithHttpHealthCheck();
        await using var app = await builder.StartAsync();
        await app.HealthyAsync("web");

        var first = await AnsweringAsync(app, pids => pids.Count == 2);
        using (var victim = Process.GetProcessById(int.Parse(first.First(), null)))
            victim.Kill();
        var second = await AnsweringAsync(app, pids => pids.Count(p => p != first.First()) == 2);

        Assert.Contains(first.Last(), second);
    }

    private static async Task<IReadOnlyCollection<string>> AnsweringAsync(DistributedApplication app, Func<HashSet<string>, bool> enough)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Apps.Patience);
        using var client = app.CreateHttpClient("web");
        var pids = new HashSet<string>();
        while (!enough(pids))
        {
            try
            {
                pids.Add(await client.GetStringAsync("/", patience.Token));
            }
            catch (HttpRequestException)
            {
                // A connection to the one that has just been killed; the next goes to the other.
            }
        }

        return pids;
    }
}
