using System.Net;
using System.Text.RegularExpressions;
using Npgsql;
using RankMyBrand.Foundation.Events;
using StackExchange.Redis;

namespace RankMyBrand.Tests.Foundation.Events.Consuming;

public class TransientFailureTests
{
    [Theory]
    [InlineData("57P01", true)]
    [InlineData("25006", true)]
    [InlineData("57014", true)]
    [InlineData("28P01", true)]
    [InlineData("28000", true)]
    [InlineData("3D000", true)]
    [InlineData("42501", true)]
    [InlineData("0A000", true)]
    [InlineData("42P01", true)]
    [InlineData("22P05", false)]
    [InlineData("23514", false)]
    [InlineData("42601", false)]
    public void Postgres_IsAwayWhenNoStatementIsAtFault(string sqlState, bool expected) =>
        Assert.Equal(expected, TransientFailure.Is(new PostgresException("no", "ERROR", "ERROR", sqlState)));

    [Theory]
    [InlineData("LOADING Redis is loading the dataset in memory", true)]
    [InlineData("OOM command not allowed when used memory > 'maxmemory'.", true)]
    [InlineData("MISCONF Redis is configured to save RDB snapshots", true)]
    [InlineData("NOREPLICAS Not enough good replicas to write.", true)]
    [InlineData("CLUSTERDOWN The cluster is down", true)]
    [InlineData("TRYAGAIN Multiple keys request during rehashing of slot", true)]
    [InlineData("WRONGTYPE Operation against a key holding the wrong kind of value", false)]
    [InlineData("ERR unknown command", false)]
    public void Redis_IsAwayWhenNoCommandIsAtFault(string error, bool expected) =>
        Assert.Equal(expected, TransientFailure.Is(new RedisServerException(RedisErrorKind.Unknown, CommandFlags.None, error)));

    [Theory]
    [InlineData(null, true)]
    [InlineData(HttpStatusCode.RequestTimeout, true)]
    [InlineData(HttpStatusCode.TooManyRequests, true)]
    [InlineData(HttpStatusCode.InternalServerError, true)]
    [InlineData(HttpStatusCode.GatewayTimeout, true)]
    [InlineData(HttpStatusCode.BadRequest, false)]
    [InlineData(HttpStatusCode.Unauthorized, false)]
    [InlineData(HttpStatusCode.NotFound, false)]
    public void Http_IsAwayWhenTheRequestIsNotAtFault(HttpStatusCode? status, bool expected) =>
        Assert.Equal(expected, TransientFailure.Is(new HttpRequestException("no", null, status)));

    public static TheoryData<Exception, bool> Kin => new()
    {
        { new IOException("no"), true },
        { new HttpIOException(HttpRequestError.ResponseEnded), true },
        { new FileNotFoundException("no"), false },
        { new DirectoryNotFoundException("no"), false },
        { new EndOfStreamException("no"), false },
        { new TimeoutException("no"), true },
        { new RegexMatchTimeoutException("no"), false },
    };

    [Theory]
    [MemberData(nameof(Kin))]
    public void FailureOfTheSameKind_IsPermanent_IsNoOutage(Exception failure, bool expected) =>
        Assert.Equal(expected, TransientFailure.Is(failure));
}
