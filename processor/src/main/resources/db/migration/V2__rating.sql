CREATE FUNCTION ${bookstore}.rating(votes_up int, votes_down int) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    -- With n votes of which a share p is up, and z = 1.96:
    --   (p + z²/2n - z·√(p(1-p)/n + z²/4n²)) / (1 + z²/n)
    -- multiplied out by n, which needs one division and is exact for no votes up. 3.8416 is z².
    RETURN CASE
        WHEN coalesce(votes_up, 0) <= 0 THEN 0.0::double precision
        ELSE greatest(0.0::double precision,
            (votes_up + 1.9208
                - 1.96 * sqrt(votes_up::double precision * greatest(coalesce(votes_down, 0), 0)
                                / (votes_up::double precision + greatest(coalesce(votes_down, 0), 0)) + 0.9604))
            / (votes_up::double precision + greatest(coalesce(votes_down, 0), 0) + 3.8416))
    END;

COMMENT ON FUNCTION ${bookstore}.rating(int, int) IS
'Lower bound of the Wilson score interval of the share of up-votes at 95 % confidence (z = 1.96): the share that the book has '
'at least, as far as its votes can tell. In [0, 1]; 0 without votes; many votes rank above few with the same share; grows with '
'votes_up and falls with votes_down. NULL counts as no votes. '
'Source: E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference, '
'Journal of the American Statistical Association 22 (1927), 209-212.';
